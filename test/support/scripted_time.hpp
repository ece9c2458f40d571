// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A clock that goes only when it is told, and sleeps that take no time: for tests of what the library
// decides, not of what the kernel does.
#pragma once

#include <optional>
#include <system.hpp>
#include <vector>

namespace trivium::test {

/// While it lives, every ppoll ends at once with nothing ready, after the clock was set forward by what it
/// would have slept, and is noted. One at a time, in one thread.
class scripted_time {
 public:
  scripted_time() {
    current = this;
    table_.now = [] { return current->now; };
    table_.ppoll = [](pollfd* watch, nfds_t count, timespec const* at_most, sigset_t const*) {
      for (nfds_t i = 0; i != count; ++i) watch[i].revents = 0;
      sleep slept{.on = watch[0]};
      if (at_most != nullptr) {
        slept.at_most = std::chrono::seconds{at_most->tv_sec} + nanoseconds{at_most->tv_nsec};
        current->now += *slept.at_most;
      }
      current->sleeps.push_back(slept);
      return 0;
    };
    table_.sched_yield = [] { return static_cast<int>(++current->yields & 0); };
    in_force_.emplace(table_);
  }
  scripted_time(scripted_time const&) = delete;
  scripted_time& operator=(scripted_time const&) = delete;

  struct sleep {
    pollfd on{};
    std::optional<nanoseconds> at_most{};
  };

  time_point now{std::chrono::hours{1000}};
  std::vector<sleep> sleeps;
  unsigned yields = 0;

 private:
  inline static scripted_time* current = nullptr;
  system_table table_ = kernel;
  std::optional<replaced_system> in_force_;
};

}  // namespace trivium::test
