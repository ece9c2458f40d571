// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "speed.hpp"

#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "../steps/clock.hpp"
#include "placement.hpp"

namespace trivium::bench {

namespace {

using namespace std::chrono_literals;

double own_nanoseconds() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) * 1e9 + static_cast<double>(used.tv_nsec);
}

speed speed_of(int processor) {
  constexpr auto long_enough = 800ms;
  constexpr auto calls = 10'000;  // a millisecond's
  std::vector<double> each;
  for (auto const until = clock::now() + long_enough; clock::now() < until;) {
    auto const before = own_nanoseconds();
    for (int i = 0; i < calls; ++i) (void)::getppid();
    each.push_back((own_nanoseconds() - before) / calls);
  }
  std::sort(each.begin(), each.end());
  auto const tenth = each.size() / 10;
  return {.processor = processor, .fast = each[tenth], .slow = each[each.size() - 1 - tenth]};
}

}  // namespace

std::vector<speed> measure_speeds(std::vector<int> const& processors) {
  auto const before = processors_allowed();
  std::vector<speed> all;
  for (auto const each : processors) {
    if (move_this_thread({each})) all.push_back(speed_of(each));
  }
  move_this_thread(before);
  return all;
}

}  // namespace trivium::bench
