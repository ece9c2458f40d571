// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// A result as JSON: everything that was measured, trial by trial, and everything that was said about it.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "result.hpp"

namespace trivium::bench {

boost::json::object to_json(result const& all);

/// The same as text, in one line.
std::string to_text(result const& all);

}  // namespace trivium::bench
