// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What a call must leave as it was, whatever ends it.
#pragma once

#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <addresses.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <counts.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <string>
#include <system.hpp>
#include <thread>

namespace trivium::test {

/// The signal mask of this thread, and the descriptors and the heap of the process.
struct remains {
  sigset_t mask;
  std::size_t descriptors;
  std::int64_t heap;
};

inline std::size_t running_threads() {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{"/proc/self/task"}, {}));
}
/// With what a sanitizer starts beside a program's first thread.
inline std::size_t const threads_at_first = [] {
  ::pid_t first = 0;
  std::thread{[&] { first = ::gettid(); }}.join();
  auto const task = "/proc/self/task/" + std::to_string(first);
  for (int i = 0; i != 1'000'000 && std::filesystem::exists(task); ++i) ::sched_yield();
  return running_threads();
}();

/// A look-up's thread releases what is its own after it has delivered the result.
inline void let_threads_end() {
  for (auto const until = kernel.now() + std::chrono::seconds{20};
       kernel.now() < until && running_threads() > threads_at_first;)
    ::sched_yield();
  BOOST_TEST(running_threads() == threads_at_first);
}

inline remains what_is_there() {
  let_threads_end();
  remains now{};
  ::pthread_sigmask(SIG_SETMASK, nullptr, &now.mask);
  now.descriptors = open_descriptors();
  now.heap = heap_in_use();
  return now;
}

inline void expect_as(remains const& before) {
  sigset_t mask;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  for (int signal = 1; signal != SIGRTMAX; ++signal)
    BOOST_TEST(::sigismember(&mask, signal) == ::sigismember(&before.mask, signal));
  let_threads_end();
  BOOST_TEST(open_descriptors() == before.descriptors);
  BOOST_TEST(heap_in_use() <= before.heap);
}

}  // namespace trivium::test
