// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "analysis.hpp"

#include <algorithm>
#include <cmath>

namespace trivium::bench {

namespace {

using by_round = std::map<std::uint64_t, std::vector<double>>;

/// Logarithms of one metric of one arm, by round and in the order of their trials.
by_round logs_of(std::vector<trial_record> const& trials, std::size_t cell, std::string_view arm,
                 metric const& what) {
  std::map<std::uint64_t, std::vector<std::pair<std::uint64_t, double>>> placed;
  for (auto const& each : trials) {
    if (each.cell != cell || each.arm != arm) continue;
    // A metric of zero has no ratio to anything: there is no logarithm of it, and no row about it.
    if (auto const value = what.of(each); value && *value > 0) {
      placed[each.round].emplace_back(each.position, std::log(*value));
    }
  }
  by_round logs;
  for (auto& [round, values] : placed) {
    std::sort(values.begin(), values.end());
    for (auto const& value : values) logs[round].push_back(value.second);
  }
  return logs;
}

double mean(std::vector<double> const& values) {
  double sum = 0;
  for (auto const each : values) sum += each;
  return sum / static_cast<double>(values.size());
}

/// Round by round, the arm against the other; an arm that ran twice in a round counts with its mean.
std::optional<centre> ratio_between(by_round const& arm, by_round const& against) {
  std::vector<double> logs;
  for (auto const& [round, values] : arm) {
    auto const other = against.find(round);
    if (other != against.end()) logs.push_back(mean(values) - mean(other->second));
  }
  if (logs.empty()) return std::nullopt;
  return ratio_of(logs);
}

std::optional<centre> control_of(by_round const& logs) {
  std::vector<double> differences;
  for (auto const& [round, values] : logs) {
    if (values.size() == 2) differences.push_back(values[0] - values[1]);
  }
  if (differences.empty()) return std::nullopt;
  return ratio_of(differences, control_level);
}

std::string limited_by(std::vector<trial_record const*> const& trials) {
  double busy = 0;
  double by_receiver = 0;
  double by_buffer = 0;
  for (auto const* const each : trials) {
    busy += each->near.tcp.busy_us;
    by_receiver += each->near.tcp.rwnd_limited_us;
    by_buffer += each->near.tcp.sndbuf_limited_us;
  }
  if (busy <= 0) return "";
  if (by_receiver > busy / 2) return "receiver";
  if (by_buffer > busy / 2) return "send buffer";
  return "sender";
}

arm_row row_of(std::vector<trial_record> const& trials, std::size_t cell, std::string const& arm) {
  arm_row row;
  row.arm = arm;
  std::vector<trial_record const*> own;
  for (auto const& each : trials) {
    if (each.cell == cell && each.arm == arm) own.push_back(&each);
  }
  for (auto const& what : all_metrics()) {
    std::vector<double> values;
    for (auto const* const each : own) {
      if (auto const value = what.of(*each)) values.push_back(*value);
    }
    if (values.empty()) continue;
    auto& into = row.values[std::string(what.name)];
    into.median = median_of(values);
    if (arm != baseline) {
      into.ratio = ratio_between(logs_of(trials, cell, arm, what), logs_of(trials, cell, baseline, what));
    }
  }
  row.limited_by = limited_by(own);
  return row;
}

/// The audit of this cell and arm: the cell of the same title that counts calls.
std::optional<counted_calls> audit_of(plan const& of, cell const& timed,
                                      std::vector<trial_record> const& trials, std::string const& arm) {
  for (auto const& each : trials) {
    auto const& there = of.cells[each.cell];
    if (there.instrument == instrument::calls && there.title == timed.title && each.arm == arm)
      return counted_in(each);
  }
  return std::nullopt;
}

cell_analysis analyse_cell(plan const& of, std::size_t index, catalogue const& known,
                           std::vector<trial_record> const& trials) {
  auto const& here = of.cells[index];
  cell_analysis found;
  found.cell = index;
  found.primary = find_metric(known.find_scenario(here.scenario)->primary);
  for (auto const& arm : here.arms) {
    found.rows.push_back(row_of(trials, index, arm));
    found.rows.back().counted = audit_of(of, here, trials, arm);
  }
  if (!of.bars.empty()) return found;  // there the promises are what is tested
  std::vector<centre> family;
  for (auto const& [arm, against] : named_contrasts(here.arms)) {
    auto const ratio = ratio_between(logs_of(trials, index, arm, *found.primary),
                                     logs_of(trials, index, against, *found.primary));
    if (!ratio) continue;
    found.contrasts.push_back({.arm = arm, .against = against, .ratio = *ratio, .said = std::nullopt});
    family.push_back(*ratio);
  }
  auto const words = judge(family, found.primary->margin, found.primary->direction);
  for (std::size_t i = 0; i < words.size(); ++i) found.contrasts[i].said = words[i];
  if (here.baseline_twice) found.control = control_of(logs_of(trials, index, baseline, *found.primary));
  return found;
}

bar_row hold_bar(bar const& what, plan const& of, std::vector<trial_record> const& trials,
                 std::string const& instructions_refused) {
  bar_row row;
  row.what = what;
  if (of.cells[what.cell].instrument == instrument::instructions) row.not_measured = instructions_refused;
  if (!row.not_measured.empty()) return row;
  auto const& how = *find_metric(what.metric);
  row.ratio =
      ratio_between(logs_of(trials, what.cell, what.arm, how), logs_of(trials, what.cell, what.against, how));
  if (!row.ratio) {
    row.not_measured = "no trial gave this figure";
    return row;
  }
  row.said = hold_against(row.ratio->within, what.kind, what.limit);
  return row;
}

double steps_of(side_record const& side) {
  double sum = 0;
  for (auto const& [kind, figures] : side.steps) sum += static_cast<double>(figures.steps);
  return sum;
}

double sum_over_steps(side_record const& side, std::uint64_t (*of)(named_counts const&)) {
  double sum = 0;
  for (auto const& [kind, figures] : side.steps) sum += static_cast<double>(of(figures.calls));
  return sum;
}

std::uint64_t allocations(named_counts const& counts) {
  return total(counts, call_kind::allocating);
}

double per(double count, double what) {
  return what > 0 ? count / what : 0;
}

}  // namespace

counted_calls counted_in(trial_record const& audit) {
  constexpr double mib = 1 << 20;
  auto const bytes = [](side_record const& side) {
    return static_cast<double>(side.bytes_sent() + side.bytes_received());
  };
  auto const near = sum_over_steps(audit.near, system_calls);
  return {.near_calls_per_mib = per(near * mib, bytes(audit.near)),
          .far_calls_per_mib = per(sum_over_steps(audit.far, system_calls) * mib, bytes(audit.far)),
          .near_calls_per_step = per(near, steps_of(audit.near)),
          .near_allocations_per_step = per(sum_over_steps(audit.near, allocations), steps_of(audit.near)),
          .far_allocations_per_step = per(sum_over_steps(audit.far, allocations), steps_of(audit.far))};
}

bool analysis::trustworthy() const {
  return std::all_of(cells.begin(), cells.end(), [](cell_analysis const& each) {
    return !each.control || !each.control->within ||
           (each.control->within->low <= 1 && each.control->within->high >= 1);
  });
}

analysis analyse(plan const& of, catalogue const& known, std::vector<trial_record> const& trials,
                 std::string const& instructions_refused) {
  analysis found;
  for (std::size_t i = 0; i < of.cells.size(); ++i) {
    if (of.cells[i].instrument == instrument::none) found.cells.push_back(analyse_cell(of, i, known, trials));
  }
  auto const& waited = *find_metric("queue_wait");
  for (auto const& each : trials) {
    if (of.cells[each.cell].instrument != instrument::none) continue;
    ++found.timed;
    if (of.where != placement::split) continue;
    if (auto const share = waited.of(each); share && *share > disturbing_queue_wait) ++found.disturbed;
  }
  for (auto const& each : of.bars) found.bars.push_back(hold_bar(each, of, trials, instructions_refused));
  return found;
}

}  // namespace trivium::bench
