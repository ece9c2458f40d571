// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// A result as JSON: everything that was measured, trial by trial, and everything that was said about it. What
// was measured and checked is read again, and what is said about it follows once more.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "result.hpp"

namespace trivium::bench {

boost::json::object to_json(result const& all);

/// The same as text, in one line.
std::string to_text(result const& all);

/// The result that `to_text` wrote, analysed anew. Throws `std::runtime_error` that says what is wrong,
/// where, and what to do: words to follow the name of the file.
result from_text(std::string_view text);

}  // namespace trivium::bench
