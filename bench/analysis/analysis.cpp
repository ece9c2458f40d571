// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "analysis.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "../statistics/order_statistic.hpp"
#include "../statistics/sensitivity.hpp"

namespace trivium::bench {

namespace {

using by_round = std::map<std::uint64_t, std::vector<double>>;

// Over this share of a window on one processor, a trial counts as of that mode.
constexpr auto mostly = 0.5;
// Arms whose shares of that mode differ by more than this are not symmetric about anything.
constexpr auto modes_differ = 0.25;

/// The trials of one arm of a cell that count, in no order.
std::vector<trial_record const*> trials_of(std::vector<trial_record> const& trials, std::size_t cell,
                                           std::string_view arm) {
  std::vector<trial_record const*> own;
  for (auto const& each : trials) {
    if (each.cell == cell && each.arm == arm && !each.superseded) own.push_back(&each);
  }
  return own;
}

/// Logarithms of one metric, by round and in the order of their trials.
by_round logs_of(std::vector<trial_record const*> const& trials, metric const& what) {
  std::map<std::uint64_t, std::vector<std::pair<std::uint64_t, double>>> placed;
  for (auto const* const each : trials) {
    // A metric of zero has no ratio to anything: there is no logarithm of it, and no row about it.
    if (auto const value = what.of(*each); value && *value > 0) {
      placed[each->round].emplace_back(each->position, std::log(*value));
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
std::vector<double> differences_between(by_round const& arm, by_round const& against) {
  std::vector<double> logs;
  for (auto const& [round, values] : arm) {
    auto const other = against.find(round);
    if (other != against.end()) logs.push_back(mean(values) - mean(other->second));
  }
  return logs;
}

double share_in_one_mode(std::vector<trial_record const*> const& trials) {
  if (trials.empty()) return 0;
  auto const n = std::count_if(trials.begin(), trials.end(),
                               [](trial_record const* each) { return each->together > mostly; });
  return static_cast<double>(n) / static_cast<double>(trials.size());
}

bool of_unlike_modes(std::vector<trial_record const*> const& arm,
                     std::vector<trial_record const*> const& against) {
  return std::abs(share_in_one_mode(arm) - share_in_one_mode(against)) > modes_differ;
}

struct how_to_compare {
  double level = 0.95;
  double significance = bench::significance;
  std::size_t comparisons = 1;
  bool visible = true;    ///< whether what it could have seen is wanted: it takes longer than all the rest
  noise_seen shape = {};  ///< what the family says of the noise; if nothing, the rounds themselves do
};

std::optional<measured_ratio> ratio_between(std::vector<trial_record const*> const& arm,
                                            std::vector<trial_record const*> const& against,
                                            metric const& what, how_to_compare const& how = {}) {
  auto const logs = differences_between(logs_of(arm, what), logs_of(against, what));
  if (logs.empty()) return std::nullopt;
  measured_ratio found;
  found.by_median = of_unlike_modes(arm, against);
  found.within_rounds = found.by_median ? median_ratio_of(logs, how.level) : ratio_of(logs, how.level);
  if (how.visible && !found.by_median) {
    auto const shape = how.shape.off().empty() ? noise_seen{logs} : how.shape;
    found.visible = smallest_visible(logs, shape, how.significance, how.comparisons);
  }
  return found;
}

/// What a family's comparisons together say of the noise; but for those of unlike modes, which are not
/// symmetric.
noise_seen noise_of(std::vector<comparison> const& family, std::vector<trial_record> const& trials,
                    std::size_t cell, metric const& what) {
  noise_seen found;
  for (auto const& [arm, against] : family) {
    auto const own = trials_of(trials, cell, arm);
    auto const other = trials_of(trials, cell, against);
    auto const logs = differences_between(logs_of(own, what), logs_of(other, what));
    if (!logs.empty() && !of_unlike_modes(own, other)) found.add(logs);
  }
  return found;
}

std::optional<measured_ratio> control_of(by_round const& logs) {
  std::vector<double> differences;
  for (auto const& [round, values] : logs) {
    if (values.size() == 2) differences.push_back(values[0] - values[1]);
  }
  if (differences.empty()) return std::nullopt;
  return measured_ratio{.within_rounds = ratio_of(differences, control_level),
                        .visible = smallest_visible(differences, noise_seen{differences}, 1 - control_level)};
}

/// Of the primary metric, over all arms of a cell.
std::optional<order_effect> order_effect_in(std::vector<trial_record> const& trials, std::size_t cell,
                                            metric const& what, std::vector<std::string> const& arms) {
  // The arm before is that of the same cell: what another scenario leaves behind is not of this table.
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::size_t> arm_at;
  std::vector<trial_record const*> own;
  auto const number_of = [&](std::string const& arm) {
    return static_cast<std::size_t>(std::find(arms.begin(), arms.end(), arm) - arms.begin());
  };
  for (auto const& each : trials) {
    if (each.cell != cell || each.attempt != 0) continue;
    arm_at[{each.round, each.position}] = number_of(each.arm);
    if (!each.superseded) own.push_back(&each);
  }
  std::vector<placed_value> placed;
  for (auto const* const each : own) {
    auto const value = what.of(*each);
    if (!value || *value <= 0) continue;
    placed_value one{.arm = number_of(each->arm),
                     .round = static_cast<std::size_t>(each->round),
                     .position = static_cast<double>(each->position),
                     .predecessor = {},
                     .log = std::log(*value)};
    if (each->position > 0) {
      auto const before = arm_at.find({each->round, each->position - 1});
      if (before != arm_at.end()) one.predecessor = before->second;
    }
    placed.push_back(one);
  }
  return order_effect_of(placed);
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

std::vector<mode> modes_of(std::vector<trial_record const*> const& trials, metric const& primary) {
  std::vector<double> together;
  std::vector<double> apart;
  for (auto const* const each : trials) {
    if (auto const value = primary.of(*each)) (each->together > mostly ? together : apart).push_back(*value);
  }
  if (together.empty() || apart.empty()) return {};
  return {{"on one processor", together.size(), median_of(together)},
          {"on two", apart.size(), median_of(apart)}};
}

arm_row row_of(std::vector<trial_record> const& trials, cell const& here, std::size_t cell,
               std::string const& arm, metric const& primary) {
  arm_row row;
  row.arm = arm;
  auto const own = trials_of(trials, cell, arm);
  auto const base = trials_of(trials, cell, here.baseline);
  for (auto const& what : all_metrics()) {
    std::vector<double> values;
    for (auto const* const each : own) {
      if (auto const value = what.of(*each)) values.push_back(*value);
    }
    if (values.empty()) continue;
    auto& into = row.values[std::string(what.name)];
    into.median = median_of(values);
    if (arm != here.baseline)
      into.ratio = ratio_between(own, base, what, {.visible = what.name == primary.name});
  }
  row.limited_by = limited_by(own);
  for (auto const* const each : own) row.together += each->together / static_cast<double>(own.size());
  if (here.placement == placement::free) row.modes = modes_of(own, primary);
  return row;
}

/// The audits of this cell: of the same title, with an instrument.
std::vector<trial_record const*> audits_of(plan const& of, cell const& timed,
                                           std::vector<trial_record> const& trials, std::string const& arm,
                                           instrument carried) {
  std::vector<trial_record const*> found;
  for (auto const& each : trials) {
    auto const& there = of.cells[each.cell];
    if (there.instrument == carried && there.title == timed.title && each.arm == arm && !each.superseded) {
      found.push_back(&each);
    }
  }
  return found;
}

bool unlike(trial_record const& audit, std::vector<trial_record const*> const& timed, metric const& primary) {
  auto const here = primary.of(audit);
  double least = std::numeric_limits<double>::max();
  double most = 0;
  for (auto const* const each : timed) {
    if (auto const value = primary.of(*each)) {
      least = std::min(least, *value);
      most = std::max(most, *value);
    }
  }
  return here && most > 0 && (*here < least || *here > most);
}

void add_audits_to(arm_row& row, plan const& of, cell const& here, std::size_t index,
                   std::vector<trial_record> const& trials, metric const& primary) {
  for (auto const* const each : audits_of(of, here, trials, row.arm, instrument::calls)) {
    row.counted = {.near = counted_at(each->near),
                   .far = counted_at(each->far),
                   .unlike_timed = unlike(*each, trials_of(trials, index, row.arm), primary)};
  }
  for (auto const* const each : audits_of(of, here, trials, row.arm, instrument::instructions)) {
    row.instructions_per_byte = find_metric("instructions_per_byte")->of(*each);
    row.cycles_per_byte = find_metric("cycles_per_byte")->of(*each);
  }
}

/// What the primary metric becomes under an instrument: the median over arms of audited to timed.
std::map<std::string, double> costs_of_instruments(plan const& of, cell_analysis const& found,
                                                   cell const& here,
                                                   std::vector<trial_record> const& trials) {
  std::map<std::string, double> costs;
  for (auto const& [carried, name] : {std::pair(instrument::calls, "the counting library"),
                                      std::pair(instrument::instructions, "the processor's counters")}) {
    std::vector<double> ratios;
    for (auto const& row : found.rows) {
      auto const timed = row.values.find(found.primary->name);
      if (timed == row.values.end() || timed->second.median <= 0) continue;
      for (auto const* const each : audits_of(of, here, trials, row.arm, carried)) {
        if (auto const value = found.primary->of(*each)) ratios.push_back(*value / timed->second.median);
      }
    }
    if (!ratios.empty()) costs[name] = median_of(ratios);
  }
  return costs;
}

how_to_compare how_judged(health state) {
  auto const below = state == health::good ? significance : strict_significance;
  return {.level = 1 - below, .significance = below};
}

cell_analysis analyse_cell(plan const& of, std::size_t index, std::vector<trial_record> const& trials,
                           health state) {
  auto const& here = of.cells[index];
  cell_analysis found;
  found.cell = index;
  found.primary = find_metric(here.primary);
  found.margin = of.margins == margins::coarse ? found.primary->margin : found.primary->fine_margin;
  for (auto const& arm : here.arms) {
    found.rows.push_back(row_of(trials, here, index, arm, *found.primary));
    add_audits_to(found.rows.back(), of, here, index, trials, *found.primary);
  }
  found.cost_of_instrument = costs_of_instruments(of, found, here, trials);
  if (!here.named) return found;

  auto how = how_judged(state);
  found.level = how.level;
  how.comparisons = here.comparisons.size();
  how.shape = noise_of(here.comparisons, trials, index, *found.primary);
  std::vector<centre> family;
  for (auto const& [arm, against] : here.comparisons) {
    auto const ratio =
        ratio_between(trials_of(trials, index, arm), trials_of(trials, index, against), *found.primary, how);
    if (!ratio) continue;
    found.contrasts.push_back({.arm = arm, .against = against, .ratio = *ratio, .said = std::nullopt});
    family.push_back(ratio->within_rounds);
  }
  auto const words = judge(family, found.margin, found.primary->direction, how.significance);
  if (state != health::spoiled) {
    for (std::size_t i = 0; i < words.size(); ++i) found.contrasts[i].said = words[i];
  }
  if (here.baseline_twice) {
    found.control = control_of(logs_of(trials_of(trials, index, here.baseline), *found.primary));
  }
  found.order = order_effect_in(trials, index, *found.primary, here.arms);
  return found;
}

bar_row hold_bar(bar const& what, plan const& of, std::vector<trial_record> const& trials,
                 std::string const& instructions_refused, health state) {
  bar_row row;
  row.what = what;
  if (of.cells[what.cell].instrument == instrument::instructions) row.not_measured = instructions_refused;
  if (!row.not_measured.empty()) return row;
  auto const ratio =
      ratio_between(trials_of(trials, what.cell, what.arm), trials_of(trials, what.cell, what.against),
                    *find_metric(what.metric), how_judged(state));
  if (!ratio) {
    row.not_measured = "no trial gave this figure";
    return row;
  }
  row.ratio = ratio->within_rounds;
  if (state != health::spoiled) row.said = hold_against(row.ratio->within, what.kind, what.limit);
  return row;
}

double quotient(double count, double what) {
  return what > 0 ? count / what : 0;
}

}  // namespace

counted_end counted_at(side_record const& end) {
  constexpr double mib = 1 << 20;
  auto const mibs = static_cast<double>(end.bytes_sent() + end.bytes_received()) / mib;
  double steps = 0;
  double calls = 0;
  double allocations = 0;
  std::map<std::string, double> by_name;
  for (auto const& [kind, figures] : end.steps) {
    steps += static_cast<double>(figures.steps);
    calls += static_cast<double>(system_calls(figures.calls));
    allocations += static_cast<double>(total(figures.calls, call_kind::allocating));
    for (auto const& [name, count] : figures.calls) by_name[name] += static_cast<double>(count);
  }
  counted_end found{
      .calls_per_mib = quotient(calls, mibs),
      .calls_per_step = quotient(calls, steps),
      .allocations_per_step = quotient(allocations, steps),
      .page_faults_per_step = quotient(static_cast<double>(end.faults_minor + end.faults_major), steps),
      .per_mib = {},
      .per_step = {},
      .calls = end.calls_seen,
      .kernel_entries = end.kernel_entries};
  for (auto const& [name, count] : by_name) {
    found.per_mib[name] = quotient(count, mibs);
    found.per_step[name] = quotient(count, steps);
  }
  return found;
}

bench::health analysis::health() const {
  if (timed == 0) return health::good;
  auto const share = static_cast<double>(spoiled) / static_cast<double>(timed);
  return share > 0.5 ? health::spoiled : share > 0.2 ? health::disturbed : health::good;
}

bool analysis::trustworthy() const {
  return health() != health::spoiled &&
         std::all_of(cells.begin(), cells.end(), [](cell_analysis const& each) {
           return !each.control || !each.control->within_rounds.within ||
                  (each.control->within_rounds.within->low <= 1 &&
                   each.control->within_rounds.within->high >= 1);
         });
}

analysis analyse(plan const& of, std::vector<trial_record> const& trials,
                 std::string const& instructions_refused) {
  analysis found;
  for (auto const& each : trials) {
    if (of.cells[each.cell].instrument != instrument::none) continue;
    if (each.attempt != 0) {
      ++found.repeated;
      continue;
    }
    ++found.timed;
    if (each.spoiled.empty()) continue;
    ++found.spoiled;
    ++found.causes[each.spoiled];
  }
  for (std::size_t i = 0; i < of.cells.size(); ++i) {
    if (of.cells[i].instrument == instrument::none) {
      found.cells.push_back(analyse_cell(of, i, trials, found.health()));
    }
  }
  for (auto const& each : of.bars)
    found.bars.push_back(hold_bar(each, of, trials, instructions_refused, found.health()));
  return found;
}

double half_width(interval const& within) {
  return std::sqrt(within.high / within.low) - 1;
}

std::optional<double> widest_half_width(analysis const& found, plan const& of) {
  std::optional<double> widest;
  for (auto const& cell : found.cells) {
    if (!of.cells[cell.cell].named) continue;
    for (auto const& row : cell.rows) {
      auto const value = row.values.find(cell.primary->name);
      if (value == row.values.end() || !value->second.ratio) continue;
      auto const& within = value->second.ratio->within_rounds.within;
      if (!within) return std::nullopt;
      widest = std::max(widest.value_or(0), half_width(*within));
    }
  }
  return widest;
}

}  // namespace trivium::bench
