// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The whole program, given what can be run.
#pragma once

#include "trial/catalogue.hpp"

namespace trivium::bench {

/// `main`, for this catalogue: options, plan, run, report.
int program(int argc, char const* const* argv, catalogue const& known);

}  // namespace trivium::bench
