// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The threads of ways that have several.
#pragma once

#include <sched.h>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <latch>
#include <mutex>
#include <thread>
#include <vector>

namespace trivium::bench {

/// Calls `run(i)` for each i below `count`, on a thread of its own each. The threads begin when all of them
/// are there, and this returns when all have ended. Rethrows the first exception. If a thread cannot be
/// started, `give_up()` has to make those that were end.
template <class Run, class GiveUp>
void on_threads(std::size_t count, Run run, GiveUp give_up) {
  std::latch all_there(static_cast<std::ptrdiff_t>(count));
  std::mutex failing;
  std::exception_ptr failed;
  auto const begin = [&](std::size_t i) {
    all_there.arrive_and_wait();
    try {
      run(i);
    } catch (...) {
      std::lock_guard const lock(failing);
      if (!failed) failed = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> threads;
    threads.reserve(count);
    try {
      for (std::size_t i = 0; i != count; ++i) threads.emplace_back(begin, i);
    } catch (...) {
      give_up();
      all_there.count_down(static_cast<std::ptrdiff_t>(count - threads.size()));
      throw;
    }
  }
  if (failed) std::rethrow_exception(failed);
}

/// How many processors this process may use.
inline std::size_t processors_to_use() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<std::size_t>(std::max(1, CPU_COUNT(&set)));
}

}  // namespace trivium::bench
