// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "../statistics/verdict.hpp"

namespace trivium::bench {

namespace {

// Where a precision is asked for and no budget is given. Four times as many would halve the interval once
// more.
constexpr std::uint64_t most_rounds_for_precision = 100;

}  // namespace

// Each in the file of its name.
plan quick(catalogue const&, plan_options const&), standard(catalogue const&, plan_options const&),
    bars(catalogue const&, plan_options const&), connections(catalogue const&, plan_options const&),
    servers(catalogue const&, plan_options const&), smoke(catalogue const&, plan_options const&);

std::span<named_plan const> all_plans() {
  static constexpr auto plans = std::array{
      named_plan{"quick",
                 "the default, within 100 s: bulk, ping_pong and held for the three ways, posix and Asio",
                 quick},
      named_plan{"standard",
                 "within 12 min: quick in more rounds, and sweeps around it: placement, ends, sizes, retries",
                 standard},
      named_plan{
          "bars",
          "within 4 min: every promise about memory transfers and round trips, met, missed or not shown",
          bars},
      named_plan{"connections",
                 "within 4 min: what a message costs a server with 1 to 10,000 connections, by way",
                 connections},
      named_plan{
          "servers",
          "within 4 min: up to which service time one loop suffices, what several are worth, and what a "
          "server costs at a fixed rate",
          servers},
      named_plan{"smoke", "within 15 s: that calls are what they should be, exactly; asserts no time", smoke},
  };
  return plans;
}

plan make_plan(std::string_view name, catalogue const& known, plan_options const& wanted) {
  auto const plans = all_plans();
  auto const chosen =
      std::find_if(plans.begin(), plans.end(), [&](auto const& each) { return each.name == name; });
  if (chosen == plans.end()) throw std::invalid_argument("there is no plan of this name");
  auto made = chosen->make(known, wanted);
  made.seed = wanted.seed;
  made.congestion = wanted.congestion;
  made.precision = wanted.precision;
  auto rounds = wanted.precision > 0 ? most_rounds_for_precision : 0;
  if (wanted.budget > 0) {
    auto const fit = rounds_within(made, wanted.budget);
    if (fit < fewest_rounds_for_an_interval) {
      for (auto& each : made.cells) {
        if (each.instrument == instrument::none) each.rounds = fewest_rounds_for_an_interval;
      }
      throw std::invalid_argument(
          fmt::format("a budget of {:.0f} s holds {} rounds of this plan, and fewer than {} give no "
                      "interval: that takes {:.0f} "
                      "s, or fewer arms",
                      wanted.budget, fit, fewest_rounds_for_an_interval, std::ceil(made.seconds())));
    }
    rounds = rounds == 0 ? fit : std::min(rounds, fit);
  }
  for (auto& each : made.cells) {
    if (rounds != 0 && each.instrument == instrument::none) each.rounds = rounds;
  }
  return made;
}

}  // namespace trivium::bench
