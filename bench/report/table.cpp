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

/// What stands beside the primary metric, by what that is.
std::vector<std::string_view> columns_beside(std::string_view primary) {
  if (primary == "p50") return {"p99", "p99.9", "cpu_per_trip", "switches_per_trip"};
  if (primary == "late_max") return {"late_p50", "longest_hold", "transfer", "cpu_per_kib"};
  return {"cpu_per_kib", "switches_per_mib"};
}

/// The heads of the columns, short.
std::string head_of(std::string_view name) {
  if (name == "throughput") return "Gbit/s";
  if (name == "cpu_per_kib") return "CPU ns/KiB";
  if (name == "switches_per_mib") return "switches/MiB";
  if (name == "cpu_per_trip") return "CPU us/trip";
  if (name == "switches_per_trip") return "switches/trip";
  if (name == "late_p50") return "late p50 ms";
  if (name == "late_max") return "late max ms";
  if (name == "longest_hold") return "held ms";
  if (name == "transfer") return "transfer ms";
  return fmt::format("{} {}", name, find_metric(name)->unit);
}

/// The name of the scenario in capitals; what follows it has units.
std::string titled(std::string text) {
  for (auto& each : text) {
    if (each == ',') break;
    if (each >= 'a' && each <= 'z') each = static_cast<char>(each - 'a' + 'A');
  }
  return text;
}

bool by_trip(cell_analysis const& found) {
  return found.primary->name == "p50";
}
bool by_bytes(cell_analysis const& found) {
  return found.primary->name == "throughput";
}

/// Of the near end and of the far one. A round trip is the same at both, so there the near end speaks for
/// both.
std::string calls_text(cell_analysis const& found, arm_row const& row) {
  if (!row.counted) return "-";
  if (by_trip(found)) return fmt::format("{:.1f}", 2 * row.counted->near_calls_per_step);
  return fmt::format("{:.1f} + {:.1f}", row.counted->near_calls_per_mib, row.counted->far_calls_per_mib);
}

std::string allocations_text(arm_row const& row) {
  if (!row.counted) return "-";
  return figure_text(std::max(row.counted->near_allocations_per_step, row.counted->far_allocations_per_step));
}

std::string value_text(arm_row const& row, std::string_view metric) {
  auto const at = row.values.find(metric);
  return at == row.values.end() ? "-" : figure_text(at->second.median);
}

std::string to_baseline(arm_row const& row, std::string_view metric) {
  if (row.arm == baseline) return "1";
  auto const at = row.values.find(metric);
  return at == row.values.end() || !at->second.ratio ? "-" : ratio_text(*at->second.ratio);
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
  auto text = fmt::format("plan {}: {} trials in {} rounds, {:.0f} s; order from seed {:x}\n", what.name,
                          what.trials(), what.rounds(), std::ceil(what.seconds()), what.seed);
  for (auto const& each : what.cells) {
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

std::string environment_text(environment const& here) {
  auto text = fmt::format("machine: {}{}, {} of its processors allowed, Linux {}, clock {}, governor {}\n",
                          here.processor, here.virtualised == "yes" ? " (virtual)" : "",
                          here.processors_allowed.size(), here.kernel, here.clock_source, here.governor);
  text += fmt::format(
      "program: trivium-bench {}, {} {}, Boost {}; congestion control {}; load {:.2f}, {:.2f} busy "
      "elsewhere\n",
      here.version, here.compiler, here.build, here.boost,
      here.congestion_refused.empty() ? here.congestion_asked : here.congestion_default, here.load,
      here.busy_elsewhere);
  for (auto const& each : warnings_about(here)) text += "beware: " + each + "\n";
  return text;
}

std::string trust_text(plan const& of, analysis const& found) {
  auto text = fmt::format(
      "disturbed: {} of {} timed trials (an end was ready to run and did not for over {:.0f} % of its "
      "window)\n",
      found.disturbed, found.timed, disturbing_queue_wait);
  for (auto const& each : found.cells) {
    if (!each.control) continue;
    auto const& title = of.cells[each.cell].title;
    if (!each.control->within) {
      text += fmt::format("control {}: not testable in {} rounds\n", title, each.control->rounds);
      continue;
    }
    auto const good = each.control->within->low <= 1 && each.control->within->high >= 1;
    text += fmt::format("control {}: {} against itself {} at 99.8 %: {}\n", title, baseline,
                        ratio_text(*each.control), good ? "alike" : "NOT alike; do not believe this run");
  }
  return text;
}

namespace {

std::string held_answer(cell_analysis const& found) {
  std::vector<std::string> parts;
  for (auto const& row : found.rows) {
    if (row.arm == "blocking" || row.arm == "nonblocking" || row.arm == "async") {
      parts.push_back(fmt::format("{} {} ms", row.arm, value_text(row, "late_max")));
    }
  }
  return fmt::format("the thread's own job started up to this late: {}", fmt::join(parts, ", "));
}

bool among_ways(contrast const& each) {
  return !each.against.starts_with("asio.");
}

}  // namespace

std::string answer_text(plan const& of, analysis const& found) {
  std::string text;
  for (auto const& each : found.cells) {
    auto const& title = of.cells[each.cell].title;
    if (each.primary->name == "late_max") {
      text += fmt::format("  {:<12} {}\n", title, held_answer(each));
      continue;
    }
    auto const say = [&](std::string_view lead, bool ways) {
      std::vector<contrast const*> some;
      for (auto const& one : each.contrasts) {
        if (one.said && among_ways(one) == ways) some.push_back(&one);
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

std::string cell_text(plan const& of, cell_analysis const& found) {
  auto const& here = of.cells[found.cell];
  auto const columns = columns_beside(found.primary->name);
  std::size_t width = 14;
  for (auto const& row : found.rows) width = std::max(width, row.arm.size());
  auto const counted = (by_trip(found) || by_bytes(found)) &&
                       std::any_of(found.rows.begin(), found.rows.end(),
                                   [](arm_row const& row) { return row.counted.has_value(); });

  auto text = fmt::format("{}: {} an operation, placement {}, {} rounds\n", titled(here.title),
                          size_text(here.operation), name_of(of.where), here.rounds);
  text += fmt::format("  {:<{}} {:>11}  {:<20}", "", width, head_of(found.primary->name),
                      fmt::format(": {}", baseline));
  for (auto const name : columns) text += fmt::format(" {}", head_of(name));
  if (counted) text += by_trip(found) ? " calls/trip allocs/op" : "   calls/MiB allocs/op";
  if (by_bytes(found)) text += "  limited by";
  text += "\n";
  for (auto const& row : found.rows) {
    text += fmt::format("  {:<{}} {:>11}  {:<20}", row.arm, width, value_text(row, found.primary->name),
                        to_baseline(row, found.primary->name));
    for (auto const name : columns)
      text += fmt::format(" {:>{}}", value_text(row, name), head_of(name).size());
    if (counted) {
      text += fmt::format(" {:>{}} {:>9}", calls_text(found, row), by_trip(found) ? 10 : 11,
                          allocations_text(row));
    }
    if (by_bytes(found)) text += "  " + row.limited_by;
    text += "\n";
  }
  if (!found.contrasts.empty()) {
    text += fmt::format("  compared by {}; margin {:.0f} %, adjusted for {} comparison{} (Holm):\n",
                        found.primary->title, found.primary->margin * 100, found.contrasts.size(),
                        found.contrasts.size() == 1 ? "" : "s");
    for (auto const& each : found.contrasts) {
      text +=
          fmt::format("    {:<12} against {:<17} {:<22} {}\n", each.arm, each.against, ratio_text(each.ratio),
                      each.said ? sentence(*each.said)
                                : fmt::format("no word from fewer than {} rounds", fewest_rounds_for_a_word));
    }
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
