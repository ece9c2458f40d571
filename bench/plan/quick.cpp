// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Which way, and at what price, in a minute and a half.
#include <algorithm>
#include <iterator>

#include "choices.hpp"
#include "list.hpp"

namespace trivium::bench {

namespace {

// Twelve rounds: six comparisons adjusted for each other need nine, and 19 trials of a third of a second
// leave room for no more than twelve.
constexpr std::uint64_t rounds_of_quick = 12;

// The baseline is always there: results are ratios to it.
std::vector<std::string> with_baseline(std::vector<std::string> arms, scenario const& what) {
  if (std::find(arms.begin(), arms.end(), what.baseline) == arms.end())
    arms.insert(arms.begin(), std::string(what.baseline));
  return arms;
}

}  // namespace

plan quick(catalogue const& known, plan_options const& wanted) {
  plan made;
  made.name = "quick";
  std::vector<std::string> names{wanted.scenario};
  if (wanted.scenario.empty()) names.assign(std::begin(quick_scenarios), std::end(quick_scenarios));
  for (auto const& name : names) {
    auto const& what = *known.find_scenario(name);
    auto const connections = wanted.connections != 0 ? wanted.connections : what.connections;
    auto one = cell_for(
        known, what,
        with_baseline(wanted.arms.empty() ? arms_to_compare(known, what, connections) : wanted.arms, what));
    set_connections(one, what, connections);
    if (wanted.work) set_work(one, what, *wanted.work);
    set_rate(one, wanted.rate);
    // A baseline of a second trial would cost `held` a fifth of its rounds, and its answer is not one of a
    // few per cent.
    if (what.whole) one.baseline_twice = false;
    if (wanted.window != duration::zero() && !what.whole) {
      one.warm_up = std::min(one.warm_up, wanted.window * 2 / 5);
      one.window = wanted.window;
    }
    one.seconds_a_trial = trial_seconds(one, what);
    one.placement = wanted.where;
    one.rounds = wanted.rounds != 0 ? wanted.rounds : rounds_of_quick;
    made.cells.push_back(std::move(one));
  }
  add_audits(made);
  return made;
}

}  // namespace trivium::bench
