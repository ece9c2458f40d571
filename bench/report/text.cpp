// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "crossovers.hpp"
#include "table.hpp"

namespace trivium::bench {

namespace {

std::string checks_text(std::vector<check> const& checks) {
  auto const failed = static_cast<std::size_t>(
      std::count_if(checks.begin(), checks.end(), [](check const& each) { return !each.holds; }));
  auto text = fmt::format("{} exact checks, {} of them failed\n", checks.size(), failed);
  for (auto const& each : checks) {
    if (!each.holds) text += fmt::format("  FAILED  {}: {}\n", each.what, each.seen);
  }
  return text;
}

/// Cells that only a sweep has are shown side by side and not one by one.
bool in_a_table(plan const& of, cell_analysis const& found) {
  return !of.cells[found.cell].named &&
         std::any_of(of.tables.begin(), of.tables.end(), [&](two_way_table const& table) {
           return std::any_of(table.columns.begin(), table.columns.end(),
                              [&](auto const& column) { return column.second == found.cell; });
         });
}

}  // namespace

std::string machine_text(result const& all) {
  return environment_text(all.environment) + doctor_text(all.findings, facts::left_out);
}

std::string planned_text(result const& all) {
  std::string text;
  for (auto const& each : all.remarks) text += each + "\n";
  return text + plan_text(all.plan);
}

std::string ended_text(result const& all) {
  std::string text;
  if (all.run.interrupted) {
    text += fmt::format("stopped by the user after {} of {} rounds; an unfinished round is left out{}\n",
                        all.run.rounds_done, all.plan.rounds(),
                        all.run.rounds_done == 0 ? ": there is no result" : "");
  }
  if (all.run.precise_enough) {
    text += fmt::format("every ratio is known to {} either way after {} rounds\n",
                        percent_text(all.plan.precision), all.run.rounds_done);
  } else if (all.plan.precision > 0) {
    text += fmt::format("the precision of {} was not reached in {} rounds\n",
                        percent_text(all.plan.precision), all.run.rounds_done);
  }
  return text;
}

std::string result_text(result const& all) {
  // One round of short trials says nothing about times.
  if (all.plan.exact_checks) return checks_text(all.checks);
  auto text = "\n" + trust_text(all.plan, all.analysis, all.background);
  if (all.plan.bars.empty()) text += answer_text(all.plan, all.analysis);
  for (auto const& each : all.analysis.cells) {
    if (!in_a_table(all.plan, each)) text += "\n" + cell_text(all.plan, each);
  }
  for (auto const& each : all.plan.tables) {
    text += "\n" + sweep_text(all.plan, each, all.analysis);
    text += crossovers_text(each, all.analysis);
  }
  for (auto const& each : all.analysis.cells) {
    auto const counted = all.plan.cells[each.cell].named ? audit_text(all.plan, each) : "";
    if (!counted.empty()) text += "\n" + counted;
  }
  if (!all.plan.bars.empty()) text += "\n" + bars_text(all.analysis.bars);
  return text + fmt::format(
                    "\nFigures are medians over rounds; ': {}' is the ratio to it with its 95 % interval; "
                    "half: half "
                    "of its width; sees: the\n"
                    "smallest difference that so many rounds find in 8 of 10 runs. Only the comparisons that "
                    "carry a "
                    "word were tested; every\n"
                    "other figure is descriptive. How to read it: bench/README.md\n",
                    all.plan.cells.front().baseline);
}

std::string closing_text(result const& all, std::string_view path) {
  return fmt::format("took {:.0f} s of {:.0f} s planned; data {}\nagain: {}\n", all.run.seconds,
                     std::ceil(all.plan.seconds()), path, all.command);
}

std::string whole_text(result const& all, std::string_view path) {
  return machine_text(all) + planned_text(all) + ended_text(all) + result_text(all) + closing_text(all, path);
}

}  // namespace trivium::bench
