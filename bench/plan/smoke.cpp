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

  std::vector<std::string> plain = wanted.arms;
  if (plain.empty()) {
    for (auto const& each : known.arms) plain.emplace_back(each.name);
  }
  auto const tls = std::stable_partition(plain.begin(), plain.end(), [&](auto const& name) {
    return known.find_arm(name)->wire == wire::plain;
  });
  std::vector<std::string> const encrypted(tls, plain.end());
  plain.erase(tls, plain.end());

  auto const count = [&](std::string_view name, std::vector<std::string> const& arms) -> cell& {
    auto counted = cell_for(known, *known.find_scenario(name), arms);
    counted.instrument = instrument::calls;
    counted.baseline_twice = false;
    counted.placement = wanted.where;
    return made.cells.emplace_back(std::move(counted));
  };
  if (!plain.empty()) {
    for (auto const* const name : {"answered", "ping_pong"}) shorten(count(name, plain));
  }
  // A handshake before the first step needs its time on a machine under load.
  if (!encrypted.empty()) count("ping_pong", encrypted);
  for (auto const* const name : {"bulk", "held"}) {
    auto timed = cell_for(known, *known.find_scenario(name), {"posix", "blocking", "nonblocking", "async"});
    timed.baseline_twice = false;
    timed.placement = wanted.where;
    timed.named = false;
    shorten(timed);
    made.cells.push_back(std::move(timed));
  }
  return made;
}

}  // namespace trivium::bench
