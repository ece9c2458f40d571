// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>

#include "../trial/placement.hpp"

namespace trivium::bench {

namespace {

std::string_view head_of(std::string_view metric) {
  return find_metric(metric)->head;
}

/// The name of the scenario in capitals; what follows it has units.
std::string titled(std::string text) {
  for (auto& each : text) {
    if (each == ',') break;
    if (each >= 'a' && each <= 'z') each = static_cast<char>(each - 'a' + 'A');
  }
  return text;
}

/// Of the near end and of the far one. A round trip is the same at both, so there the near end speaks for
/// both.
std::string calls_text(per unit, arm_row const& row) {
  if (!row.counted) return "-";
  if (unit != per::mib) return fmt::format("{:.1f}", 2 * row.counted->near.calls_per_step);
  return fmt::format("{:.1f} + {:.1f}", row.counted->near.calls_per_mib, row.counted->far.calls_per_mib);
}

/// What the other end is, where it is not the arm's own.
std::string far_text(cell const& here) {
  if (here.far_arm.empty()) return "";
  return (here.per == per::message ? ", clients " : ", received by ") + here.far_arm;
}

std::string_view head_of_calls(per unit) {
  switch (unit) {
    case per::trip:
      return " calls/trip allocs/op";
    case per::message:
      return "  calls/msg allocs/op";
    default:
      return "   calls/MiB allocs/op";
  }
}

std::string allocations_text(per unit, arm_row const& row) {
  if (!row.counted) return "-";
  if (unit == per::message) return figure_text(row.counted->near.allocations_per_step);
  return figure_text(std::max(row.counted->near.allocations_per_step, row.counted->far.allocations_per_step));
}

std::string value_text(arm_row const& row, std::string_view metric) {
  auto const at = row.values.find(metric);
  return at == row.values.end() ? "-" : figure_text(at->second.median);
}

std::string to_baseline(arm_row const& row, std::string_view metric, std::string_view baseline) {
  if (row.arm == baseline) return "1";
  auto const at = row.values.find(metric);
  return at == row.values.end() || !at->second.ratio ? "-" : ratio_text(at->second.ratio->within_rounds);
}

/// How wide the interval is, and the smallest difference that these rounds would have found.
std::string half_width_text(measured_ratio const* ratio) {
  if (ratio == nullptr || !ratio->within_rounds.within) return "-";
  return percent_text(half_width(*ratio->within_rounds.within));
}
std::string visible_text(measured_ratio const* ratio) {
  return ratio == nullptr || !ratio->visible ? "-" : percent_text(*ratio->visible);
}

measured_ratio const* ratio_of(arm_row const& row, std::string_view metric) {
  auto const at = row.values.find(metric);
  return at == row.values.end() || !at->second.ratio ? nullptr : &*at->second.ratio;
}

}  // namespace

std::string size_text(std::uint64_t bytes) {
  constexpr auto kib = std::uint64_t{1} << 10;
  if (bytes >= kib * kib && bytes % (kib * kib) == 0) return fmt::format("{} MiB", bytes / kib / kib);
  if (bytes >= kib && bytes % kib == 0) return fmt::format("{} KiB", bytes / kib);
  return fmt::format("{} B", bytes);
}

std::string figure_text(double value) {
  if (value == 0) return "0";
  auto const size = std::abs(value);
  if (size < 0.005) return fmt::format("{:.1g}", value);
  if (size < 10) return fmt::format("{:.2f}", value);
  if (size < 100) return fmt::format("{:.1f}", value);
  return fmt::format("{:.0f}", value);
}

std::string ratio_text(centre const& ratio) {
  // Near one, a ratio shows its third decimal: that is where round trips differ.
  auto const near_one = ratio.within && ratio.within->high / ratio.within->low < 1.05;
  auto const decimals = near_one ? 3 : 2;
  if (!ratio.within) return fmt::format("{:.{}f}", ratio.estimate, decimals);
  return fmt::format("{:.{}f} [{:.{}f}, {:.{}f}]", ratio.estimate, decimals, ratio.within->low, decimals,
                     ratio.within->high, decimals);
}

std::string plan_text(plan const& what) {
  auto text = fmt::format("plan {}: {} trials in {} rounds, {:.0f} s{}; order from seed {:x}\n", what.name,
                          what.trials(), what.rounds(), std::ceil(what.seconds()),
                          what.reserve() > 0 ? fmt::format(" ({:.0f} of them kept for trials held again)",
                                                           std::ceil(what.reserve()))
                                             : "",
                          what.seed);
  if (what.precision > 0) {
    text += fmt::format(
        "  it ends when every ratio to {} is known to {} either way, and not before {} rounds; such "
        "intervals "
        "hold at 94 %\n",
        what.cells.front().baseline, percent_text(what.precision), fewest_rounds_for_a_word);
  }
  for (auto const& each : what.cells) {
    if (each.rounds == 0) continue;  // said to be left out
    std::string_view const carried = each.instrument == instrument::none ? ""
                                     : each.instrument == instrument::calls
                                         ? ", counting calls, not timed"
                                         : ", counting instructions, not timed";
    text +=
        fmt::format("  {:<26} {:>2} trials x {:>2} rounds x {:.2f} s = {:>3.0f} s{}\n", each.title,
                    each.trials_a_round(), each.rounds, each.seconds_a_trial,
                    static_cast<double>(each.trials_a_round() * each.rounds) * each.seconds_a_trial, carried);
  }
  return text;
}

std::string program_text(environment const& here) {
  return fmt::format("trivium-bench {}, {} {}, Boost {}", here.version, here.compiler, here.build,
                     here.boost);
}

std::string environment_text(environment const& here) {
  auto text = fmt::format("machine: {}{}, {} of its processors allowed, Linux {}, clock {}, governor {}\n",
                          here.processor, here.virtualised == "yes" ? " (virtual)" : "",
                          here.processors_allowed.size(), here.kernel, here.clock_source, here.governor);
  text += fmt::format("program: {}; congestion control {}; load {:.2f}, {:.2f} busy elsewhere\n",
                      program_text(here),
                      here.congestion_refused.empty() ? here.congestion_asked : here.congestion_default,
                      here.load, here.background.busy);
  return text;
}

namespace {

std::string health_text(analysis const& found, background_load const& meanwhile) {
  auto text = fmt::format("{} of {} timed trials were spoiled, {} attempts held again\n", found.spoiled,
                          found.timed, found.repeated);
  if (found.health() == health::good) return "good: " + text;
  text = "disturbed: " + text;
  for (auto const& [cause, count] : found.causes) text += fmt::format("  {} in {} trials\n", cause, count);
  for (auto const& each : meanwhile.neighbours) text += fmt::format("  beside it ran: {}\n", sentence(each));
  if (meanwhile.neighbours.empty()) {
    text += fmt::format("  beside it {:.2f} of a processor went to programs without a name here\n",
                        meanwhile.busy);
  }
  if (meanwhile.steal > 0.01)
    text += fmt::format("  the host took {} of the time away\n", percent_text(meanwhile.steal));
  return text + (found.health() == health::spoiled
                     ? "  more than half were spoiled: no word is said; stop what disturbs and run again\n"
                     : "  more than a fifth were spoiled: words are held to 99 % instead of 95\n");
}

std::string control_text(cell_analysis const& each, cell const& here) {
  auto const& title = here.title;
  auto const& control = *each.control;
  auto const& within = control.within_rounds.within;
  if (!within) {
    return fmt::format("control {}: not testable at 99.8 % in {} rounds\n", title,
                       control.within_rounds.rounds);
  }
  auto text = fmt::format("control {}: {} against itself {} at 99.8 %: ", title, here.baseline,
                          ratio_text(control.within_rounds));
  if (within->low > 1 || within->high < 1) return text + "NOT alike; do not believe this run\n";
  text += "alike";
  if (control.visible)
    text += fmt::format("; a bias under {} would not show", percent_text(*control.visible));
  return text + "\n";
}

std::string order_text(cell_analysis const& each, std::string const& title) {
  std::string text;
  auto const warn = [&](double p, std::string_view what) {
    if (p < order_matters) {
      text +=
          fmt::format("BEWARE   {}: {} shows in the results (p {:.1g}): they depend on the order of trials\n",
                      title, what, p);
    }
  };
  warn(each.order->position, "the position in the round");
  warn(each.order->predecessor, "the arm that ran before");
  return text;
}

}  // namespace

std::string trust_text(plan const& of, analysis const& found, background_load const& meanwhile) {
  auto text = health_text(found, meanwhile);
  for (auto const& each : found.cells) {
    auto const& title = of.cells[each.cell].title;
    if (each.control) text += control_text(each, of.cells[each.cell]);
    if (each.order) text += order_text(each, title);
  }
  return text;
}

std::string percent_text(double share) {
  auto const percent = share * 100;
  return fmt::format("{:.{}f} %", percent, percent < 10 ? 1 : 0);
}

namespace {

bool has(std::vector<std::string> const& arms, std::string_view name) {
  return std::find(arms.begin(), arms.end(), name) != arms.end();
}

std::string figures_of_ways(cell const& here, cell_analysis const& found) {
  std::vector<std::string> parts;
  for (auto const& row : found.rows) {
    if (!has(here.ways, row.arm)) continue;
    parts.push_back(
        fmt::format("{} {} {}", row.arm, value_text(row, found.primary->name), found.primary->unit));
  }
  return fmt::format("{}: {}", here.answer, fmt::join(parts, ", "));
}

bool among_ways(cell const& here, contrast const& each) {
  return has(here.ways, each.arm) && has(here.ways, each.against);
}

}  // namespace

std::string answer_text(plan const& of, analysis const& found) {
  std::string text;
  for (auto const& each : found.cells) {
    auto const& here = of.cells[each.cell];
    auto const& title = here.title;
    if (!here.answer.empty()) {
      text += fmt::format("  {:<12} {}\n", title, figures_of_ways(here, each));
      continue;
    }
    auto const say = [&](std::string_view lead, bool ways) {
      std::vector<contrast const*> some;
      for (auto const& one : each.contrasts) {
        if (one.said && among_ways(here, one) == ways) some.push_back(&one);
      }
      if (some.empty()) return;
      auto const alike = std::all_of(some.begin(), some.end(),
                                     [](contrast const* one) { return one->said->word == word::equivalent; });
      if (alike && ways && some.size() == 3) {
        text += fmt::format("  {:<12} any of the three ways: {}\n", title, sentence(*some.front()->said));
        return;
      }
      for (auto const* const one : some) {
        text += fmt::format("  {:<12} {}{} against {}: {}\n", title, lead, one->arm, one->against,
                            sentence(*one->said));
      }
    };
    say("", true);
    say("", false);
  }
  if (text.empty()) return text;
  return "WHICH WAY?\n" + text;
}

namespace {

std::string contrasts_text(cell_analysis const& found) {
  auto text = fmt::format("  compared by {}; margin {:.0f} %, adjusted for {} comparison{} (Holm){}:\n",
                          found.primary->title, found.margin * 100, found.contrasts.size(),
                          found.contrasts.size() == 1 ? "" : "s",
                          found.level > 1 - significance ? ", intervals at 99 %" : "");
  for (auto const& each : found.contrasts) {
    auto const too_few =
        each.ratio.within_rounds.rounds < fewest_rounds_for_a_word || !each.ratio.within_rounds.within;
    auto const said = each.said ? sentence(*each.said)
                      : too_few ? fmt::format("no word from fewer than {} rounds", fewest_rounds_for_a_word)
                                : "no word: more than half of the trials were spoiled";
    text += fmt::format("    {:<12} against {:<17} {:<22} sees {:<6} {}{}\n", each.arm, each.against,
                        ratio_text(each.ratio.within_rounds), visible_text(&each.ratio), said,
                        each.ratio.by_median ? " (medians: they ran in different modes)" : "");
  }
  return text;
}

std::string modes_text(arm_row const& row, cell_analysis const& found) {
  if (row.modes.empty()) return {};
  std::vector<std::string> parts;
  for (auto const& each : row.modes) {
    parts.push_back(fmt::format("{} {} in {} trials", each.called, figure_text(each.median), each.trials));
  }
  return fmt::format("  {:<14} by where the scheduler put its ends, {}: {}\n", row.arm,
                     head_of(found.primary->name), fmt::join(parts, ", "));
}

/// "send 1.00, poll 0.20; 0 allocations, 0.1 page faults"
std::string calls_by_name(counted_end const& end, bool by_step) {
  std::vector<std::string> parts;
  for (auto const& [name, count] : by_step ? end.per_step : end.per_mib) {
    parts.push_back(fmt::format("{} {}", name, figure_text(count)));
  }
  if (parts.empty()) parts.emplace_back("no call");
  return fmt::format("{}; page faults/op {}", fmt::join(parts, ", "), figure_text(end.page_faults_per_step));
}

std::string cross_check(counted_end const& near, counted_end const& far) {
  auto const libc = static_cast<double>(near.calls + far.calls);
  auto const kernel = static_cast<double>(near.kernel_entries + far.kernel_entries);
  auto const off = libc > 0 ? std::abs(kernel - libc) / libc : 0.0;
  constexpr auto agrees = 0.01;
  return fmt::format("{:.0f} calls of the C library, {:.0f} entries into the kernel: {}", libc, kernel,
                     off <= agrees ? "they agree within 1 %"
                                   : fmt::format("{} apart: the counting library does not see all of it",
                                                 percent_text(off)));
}

}  // namespace

std::string cell_text(plan const& of, cell_analysis const& found) {
  auto const& here = of.cells[found.cell];
  auto const by_trip = here.per == per::trip || here.per == per::message;
  auto const by_bytes = here.per == per::mib;
  std::size_t width = 14;
  for (auto const& row : found.rows) width = std::max(width, row.arm.size());
  auto const counted =
      (by_trip || by_bytes) && std::any_of(found.rows.begin(), found.rows.end(),
                                           [](arm_row const& row) { return row.counted.has_value(); });

  auto text = fmt::format("{}: {} an operation, placement {}, {} rounds{}\n", titled(here.title),
                          size_text(here.operation), name_of(here.placement), here.rounds, far_text(here));
  text += fmt::format("  {:<{}} {:>11}  {:<20} {:>6} {:>6}", "", width, head_of(found.primary->name),
                      fmt::format(": {}", here.baseline), "half", "sees");
  for (auto const& name : here.columns) text += fmt::format(" {}", head_of(name));
  if (counted) text += head_of_calls(here.per);
  if (by_bytes) text += "  limited by";
  text += "\n";
  for (auto const& row : found.rows) {
    auto const* const ratio = ratio_of(row, found.primary->name);
    text += fmt::format(
        "  {:<{}} {:>11}  {:<20} {:>6} {:>6}", row.arm, width, value_text(row, found.primary->name),
        to_baseline(row, found.primary->name, here.baseline), half_width_text(ratio), visible_text(ratio));
    for (auto const& name : here.columns)
      text += fmt::format(" {:>{}}", value_text(row, name), head_of(name).size());
    if (counted) {
      text += fmt::format(" {:>{}} {:>9}", calls_text(here.per, row), by_trip ? 10 : 11,
                          allocations_text(here.per, row));
    }
    if (by_bytes) text += "  " + row.limited_by;
    text += "\n";
  }
  for (auto const& row : found.rows) text += modes_text(row, found);
  if (!found.contrasts.empty()) text += contrasts_text(found);
  return text;
}

std::string audit_text(plan const& of, cell_analysis const& found) {
  auto const by_trip = of.cells[found.cell].per != per::mib;
  std::string text;
  for (auto const& row : found.rows) {
    if (!row.counted) continue;
    auto const& [near, far, unlike] = *row.counted;
    text += fmt::format("  {:<16} near {} | far {}{}\n", row.arm, calls_by_name(near, by_trip),
                        calls_by_name(far, by_trip),
                        unlike ? " | its speed was not that of the timed trials: waits may differ" : "");
    if (near.kernel_entries >= 0 && far.kernel_entries >= 0) text += "    " + cross_check(near, far) + "\n";
    if (row.instructions_per_byte) {
      text += fmt::format("    {:.2f} instructions a byte, {:.2f} cycles\n", *row.instructions_per_byte,
                          row.cycles_per_byte.value_or(0));
    }
  }
  if (text.empty()) return text;
  for (auto const& [name, ratio] : found.cost_of_instrument) {
    text += fmt::format("  under {} the {} is {:.2f} of what it is without: not used in timed trials\n", name,
                        found.primary->title, ratio);
  }
  return fmt::format("{}, counted, a{}:\n", titled(of.cells[found.cell].title), by_trip ? " step" : " MiB") +
         text;
}

std::string sweep_text(plan const& of, two_way_table const& table, analysis const& found) {
  std::vector<std::pair<std::string, cell_analysis const*>> columns;
  std::vector<std::string> arms;
  for (auto const& [head, index] : table.columns) {
    for (auto const& each : found.cells) {
      if (each.cell != index) continue;
      columns.emplace_back(head, &each);
      for (auto const& row : each.rows) {
        // An arm that only one of several cells has is no row of this table.
        if (std::find(arms.begin(), arms.end(), row.arm) == arms.end()) arms.push_back(row.arm);
      }
    }
  }
  constexpr auto width = 19;  // five columns on a terminal
  auto text =
      fmt::format("{}, {}, and : {} of the same column\n  {:<18}", titled(table.title), head_of(table.metric),
                  columns.empty() ? "" : of.cells[columns.front().second->cell].baseline, "");
  for (auto const& [head, cell] : columns) text += fmt::format(" {:<{}}", head, width);
  while (text.ends_with(' ')) text.pop_back();
  text += "\n";
  for (auto const& arm : arms) {
    std::string line;
    std::size_t missing = 0;
    for (auto const& [head, cell] : columns) {
      auto const row = std::find_if(cell->rows.begin(), cell->rows.end(),
                                    [&](arm_row const& each) { return each.arm == arm; });
      std::string one = "-";
      if (row == cell->rows.end()) {
        ++missing;
      } else {
        one = value_text(*row, table.metric);
        if (auto const* const ratio = ratio_of(*row, table.metric)) {
          one += fmt::format("  {:.2f} +- {}", ratio->within_rounds.estimate, half_width_text(ratio));
        }
      }
      line += fmt::format(" {:<{}}", one, width);
    }
    if (missing > 0 && missing + 1 >= columns.size()) continue;
    while (line.ends_with(' ')) line.pop_back();
    text += fmt::format("  {:<18}{}\n", arm, line);
  }
  for (auto const& [head, cell] : columns) {
    for (auto const& row : cell->rows) text += modes_text(row, *cell);
  }
  return text;
}

std::string bars_text(std::vector<bar_row> const& rows) {
  std::string text;
  std::string last;
  std::map<std::string, int> words;
  for (auto const& row : rows) {
    if (row.what.text != last) text += titled(row.what.text) + "\n";
    last = row.what.text;
    auto const limit =
        fmt::format("{} {:.2f}", row.what.kind == promise::at_least ? "at least" : "at most", row.what.limit);
    std::string const word = row.not_measured.empty() ? std::string(name_of(row.said)) : "not measured";
    ++words[word];
    text += fmt::format("  {:<16} : {:<17} {:<22} {:<14} {:<22} {}{}\n", row.what.arm, row.what.against,
                        row.what.metric, limit, row.ratio ? ratio_text(*row.ratio) : "-", word,
                        row.not_measured.empty() ? "" : ": " + row.not_measured);
  }
  std::vector<std::string> sums;
  for (auto const* const word : {"met", "missed", "not shown", "not measured"}) {
    if (words.contains(word)) sums.push_back(fmt::format("{} {}", words[word], word));
  }
  return text + fmt::format("of {} bars: {}\n", rows.size(), fmt::join(sums, ", "));
}

}  // namespace trivium::bench
