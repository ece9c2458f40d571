// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "speed.hpp"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "../steps/clock.hpp"
#include "../trial/placement.hpp"

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
  std::vector<speed> all(processors.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i != processors.size(); ++i) {
    threads.emplace_back([&one = all[i], processor = processors[i]] {
      if (move_this_thread({processor})) one = speed_of(processor);
    });
  }
  for (auto& each : threads) each.join();
  std::erase_if(all, [](speed const& one) { return one.processor < 0; });
  return all;
}

}  // namespace trivium::bench
