// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// A result as text, for a terminal of 120 columns. Every function returns what is to be printed.
#pragma once

#include <string>

#include "../analysis/analysis.hpp"
#include "../machine/environment.hpp"
#include "../plan/plan.hpp"

namespace trivium::bench {

/// What will be done and how long it takes, before it is done.
std::string plan_text(plan const& what);

/// The program's name, its version, and what it was built with.
std::string program_text(environment const& here);

/// The machine in two lines.
std::string environment_text(environment const& here);

/// Whether the instrument was steady: what was spoiled, by what and beside whom, what identical arms came to,
/// and what that could have seen.
std::string trust_text(plan const& of, analysis const& found, background_load const& meanwhile);

/// The answer in words: which way, for each scenario.
std::string answer_text(plan const& of, analysis const& found);

/// One scenario: its arms, and the comparisons that get a word.
std::string cell_text(plan const& of, cell_analysis const& found);

/// What the audits counted, call by call, and what that cost the arms.
std::string audit_text(plan const& of, cell_analysis const& found);

/// Cells side by side: figures that describe and are not tested.
std::string sweep_text(plan const& of, two_way_table const& table, analysis const& found);

/// The promises, met, missed or not shown.
std::string bars_text(std::vector<bar_row> const& rows);

/// "1 MiB", "64 B"
std::string size_text(std::uint64_t bytes);

/// A figure with as many decimals as its size deserves.
std::string figure_text(double value);

/// "4.1 %"
std::string percent_text(double share);

/// "0.98 [0.95, 1.02]", or without an interval where there is none.
std::string ratio_text(centre const& ratio);

}  // namespace trivium::bench
