// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>

namespace trivium::bench {

namespace {

using namespace std::chrono_literals;

// Two processes started, connected, told and reaped: measured at 15 to 25 ms, more where memory has to be
// touched first.
constexpr auto seconds_around_a_trial = 0.022;
constexpr auto seconds_to_touch_a_byte = 0.35e-9;
constexpr auto seconds_to_connect = 60e-6;

// Kept for trials that are spoiled and held again: on a quiet machine one in fifty is.
constexpr auto share_kept = 0.06;

// std::shuffle and the standard distributions may differ between standard libraries; the order must follow
// from the seed everywhere.
template <class T>
void shuffle(std::vector<T>& all, std::mt19937_64& random) {
  for (auto left = all.size(); left > 1; --left) std::swap(all[left - 1], all[random() % left]);
}

std::vector<std::string> order_of_arms(cell const& of, std::mt19937_64& random) {
  auto arms = of.arms;
  shuffle(arms, random);
  if (!of.baseline_twice) return arms;
  // One baseline into each half: what drifts over a round then falls on both sides of every arm alike.
  arms.erase(std::remove(arms.begin(), arms.end(), of.baseline), arms.end());
  auto const half = arms.size() / 2;
  auto const second = half + random() % (arms.size() - half + 1);
  arms.insert(arms.begin() + static_cast<std::ptrdiff_t>(second), of.baseline);
  auto const first = random() % (half + 1);
  arms.insert(arms.begin() + static_cast<std::ptrdiff_t>(first), of.baseline);
  return arms;
}

bool has(std::vector<std::string> const& arms, std::string_view name) {
  return std::find(arms.begin(), arms.end(), name) != arms.end();
}

/// In the catalogue's order, as the comparisons: a family is the same however its arms were asked for.
std::vector<std::string> ways_among(catalogue const& known, std::vector<std::string> const& arms) {
  std::vector<std::string> ways;
  for (auto const& each : known.arms) {
    if (each.is_way && has(arms, each.name)) ways.emplace_back(each.name);
  }
  return ways;
}

std::vector<comparison> comparisons_among(catalogue const& known, std::vector<std::string> const& ways,
                                          std::vector<std::string> const& arms) {
  std::vector<comparison> found;
  for (std::size_t i = 0; i < ways.size(); ++i) {
    for (std::size_t k = i + 1; k < ways.size(); ++k) found.push_back({.arm = ways[i], .against = ways[k]});
  }
  for (auto const& each : known.arms) {
    if (has(arms, each.name) && has(arms, each.counterpart))
      found.push_back({.arm = std::string(each.name), .against = std::string(each.counterpart)});
  }
  return found;
}

}  // namespace

std::uint64_t cell::trials_a_round() const {
  return arms.size() + (baseline_twice ? 1 : 0);
}

std::uint64_t plan::rounds() const {
  std::uint64_t most = 0;
  for (auto const& each : cells) most = std::max(most, each.rounds);
  return most;
}

std::uint64_t plan::trials() const {
  std::uint64_t sum = 0;
  for (auto const& each : cells) sum += each.trials_a_round() * each.rounds;
  return sum;
}

double plan::trial_seconds() const {
  double sum = 0;
  for (auto const& each : cells) {
    sum += static_cast<double>(each.trials_a_round() * each.rounds) * each.seconds_a_trial;
  }
  return sum;
}

double plan::reserve() const {
  return exact_checks ? 0 : trial_seconds() * share_kept;
}

std::uint64_t rounds_within(plan const& of, double seconds) {
  double once = 0;
  double a_round = 0;
  for (auto const& each : of.cells) {
    auto const one = static_cast<double>(each.trials_a_round()) * each.seconds_a_trial;
    (each.instrument == instrument::none ? a_round : once) += one;
  }
  auto const left = seconds / (1 + share_kept) - once;
  return a_round <= 0 || left <= 0 ? 0 : static_cast<std::uint64_t>(left / a_round);
}

std::vector<scheduled> plan::round(std::uint64_t number) const {
  std::mt19937_64 random(seed + number * 0x9e3779b97f4a7c15U);  // rounds must not resemble each other
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (number < cells[i].rounds) order.push_back(i);
  }
  shuffle(order, random);
  std::vector<scheduled> trials;
  for (auto const i : order) {
    for (auto const& arm : order_of_arms(cells[i], random)) {
      trials.push_back({.cell = i, .arm = arm, .round = number, .position = trials.size()});
    }
  }
  return trials;
}

cell cell_for(catalogue const& known, scenario const& what, std::vector<std::string> arms) {
  cell made;
  made.title = what.name;
  made.scenario = what.name;
  made.primary = what.primary;
  made.columns.assign(what.columns.begin(), what.columns.end());
  made.per = what.per;
  made.answer = what.answer;
  made.ways = ways_among(known, arms);
  made.comparisons = comparisons_among(known, made.ways, arms);
  made.operation = what.operation;
  made.arms = std::move(arms);
  made.baseline = what.baseline;
  made.far_arm = what.far_arm;
  made.baseline_twice = has(made.arms, made.baseline);
  if (!what.whole) {
    // Identical arms differ between processes, not within one: more trials tell more than longer ones. A
    // tenth of a second in, the first slice of 25 ms is within 1 % of the later ones.
    made.warm_up = 100ms;
    made.window = 250ms;
  }
  made.work = what.work;
  set_connections(made, what, what.connections);
  return made;
}

void set_connections(cell& one, scenario const& what, std::uint64_t connections) {
  using namespace std::chrono_literals;
  one.connections = connections;
  if (what.connections > 1) one.title = std::string(what.name) + ", " + std::to_string(connections);
  if (!what.whole && connections > 1) {
    // Two round trips at least before the window, and some within it.
    one.warm_up = 100ms + 40us * connections;
    one.window = 250ms + 25us * connections;
  }
  set_work(one, what, one.work);
}

void set_work(cell& one, scenario const& what, duration work) {
  one.work = work;
  if (what.work > duration::zero()) {
    one.title = fmt::format("{}, {}", what.name, work_text(work));
    if (one.connections != what.connections) one.title += fmt::format(", {} connections", one.connections);
  }
  // A 99th percentile takes a thousand round trips. Where all share a loop with the one that is slow, each of
  // the others makes one while it is served.
  constexpr auto enough = 1100;
  if (what.work > duration::zero() && one.connections > 1)
    one.window = std::max<duration>(one.window, work * enough / (one.connections - 1));
  one.seconds_a_trial = trial_seconds(one, what);
}

void set_rate(cell& one, std::uint64_t rate) {
  one.rate = rate;
  if (rate != 0) one.title += fmt::format(" at {}/s", rate);
}

std::string work_text(duration work) {
  auto const us = std::chrono::duration_cast<std::chrono::microseconds>(work).count();
  if (us == 0) return "no work";
  return us % 1000 == 0 ? fmt::format("{} ms", us / 1000) : fmt::format("{} us", us);
}

double trial_seconds(cell const& of, scenario const& what) {
  auto const measured =
      what.whole ? what.expected_seconds : std::chrono::duration<double>(of.warm_up + of.window).count();
  return measured + seconds_around_a_trial + 2 * seconds_to_touch_a_byte * static_cast<double>(of.operation) +
         seconds_to_connect * static_cast<double>(of.connections);
}

void add_audits(plan& to) {
  std::vector<cell> audits;
  for (auto const& each : to.cells) {
    if (each.instrument != instrument::none) continue;
    for (auto const carried : {instrument::calls, instrument::instructions}) {
      auto audit = each;
      audit.instrument = carried;
      audit.rounds = 1;
      audit.baseline_twice = false;
      if (audit.window != duration::zero()) {  // counts per MiB settle long before times do
        audit.seconds_a_trial -= std::chrono::duration<double>(audit.warm_up + audit.window).count() / 2;
        audit.warm_up /= 2;
        audit.window /= 2;
      }
      audits.push_back(std::move(audit));
    }
  }
  to.cells.insert(to.cells.end(), audits.begin(), audits.end());
}

}  // namespace trivium::bench
