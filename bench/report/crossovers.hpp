// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Where along a sweep one arm becomes better than another, in words.
#pragma once

#include <string>

#include "../analysis/analysis.hpp"

namespace trivium::bench {

/// "async against blocking: not told apart at 1; lower from 10 on (0.78 [0.74, 0.81] at 10)", a line for each
/// two arms that are compared in two columns or more. Only columns count in which a word is said about
/// them. Empty if there are none, or if the table is of another metric than the one that they are compared
/// by.
std::string crossovers_text(two_way_table const& table, analysis const& found);

}  // namespace trivium::bench
