// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// That the whole road is open and that calls are counted right. It asserts exact figures and no times, so
// that it says the same on any machine under any load.
#include <algorithm>

#include "list.hpp"

namespace trivium::bench {

namespace {

using namespace std::chrono_literals;

// What is counted exactly is steady from the first step on: what a way takes once, it takes before.
void shorten(cell& one) {
  if (one.window == duration::zero()) return;
  auto const before = one.warm_up + one.window;
  one.warm_up = one.instrument == instrument::calls ? 0ms : 20ms;
  one.window = 70ms - one.warm_up;
  one.seconds_a_trial -= std::chrono::duration<double>(before - one.warm_up - one.window).count();
}

}  // namespace

plan smoke(catalogue const& known, plan_options const& wanted) {
  plan made;
  made.name = "smoke";
  made.exact_checks = true;

  std::vector<std::string> all;
  for (auto const& each : known.arms) all.emplace_back(each.name);
  for (auto const* const name : {"answered", "ping_pong"}) {
    auto counted = cell_for(*known.find_scenario(name), wanted.arms.empty() ? all : wanted.arms);
    counted.instrument = instrument::calls;
    counted.baseline_twice = false;
    counted.where = wanted.where;
    shorten(counted);
    made.cells.push_back(std::move(counted));
  }
  for (auto const* const name : {"bulk", "held"}) {
    auto timed = cell_for(*known.find_scenario(name), {"posix", "blocking", "nonblocking", "async"});
    timed.baseline_twice = false;
    timed.where = wanted.where;
    timed.named = false;
    shorten(timed);
    made.cells.push_back(std::move(timed));
  }
  return made;
}

}  // namespace trivium::bench
