// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The lanes without a socket, as a way sees them: work that falls due, and a thread that may or may not be
// free to do it. A way calls `run_due` wherever it could do other work; what happens between two such places
// is how long the way held the thread.
//
// Not a scheduler: it starts no thread and never waits by itself, except in `sleep_until`.
#pragma once

#include <ctime>
#include <optional>
#include <span>
#include <vector>

#include "lane.hpp"
#include "tally.hpp"

namespace trivium::bench {

class other_work {
 public:
  /// Starts every lane that has no socket. Without such a lane all members return at once and read no clock.
  other_work(std::span<lane const> lanes, tally& kept);

  [[nodiscard]] bool empty() const { return lanes_.empty(); }

  /// The thread is free: what has fallen due is run.
  void run_due() {
    if (!lanes_.empty()) run_due_lanes();
  }

  /// Calls `wait`, in which the thread sleeps of its own accord and wakes for what falls due: it is not held.
  template <class Wait>
  auto rest(Wait wait) {
    if (lanes_.empty()) return wait();
    auto const woken_by = wait();
    thread_was_free();
    return woken_by;
  }

  /// Nothing has held the thread up to now.
  void thread_was_free() { free_last_ = clock::now(); }

  /// The thread was held for `time`, for ways that learn it in another manner than by two calls of `run_due`.
  void was_held(duration time);

  /// When the earliest falls due.
  [[nodiscard]] std::optional<time_point> due() const;

  /// How long a wait may last before something falls due, as `ppoll` takes it: null is for ever. The pointer
  /// is good until the next call.
  [[nodiscard]] timespec const* time_till_due();

  /// Sleeps until `at`, and runs in between what falls due.
  void sleep_until(time_point at);

 private:
  struct running {
    script* what;
    step next;
  };

  void run_due_lanes();

  std::vector<running> lanes_;
  tally& kept_;
  time_point free_last_ = {};
  timespec till_due_ = {};
};

/// Keeps the thread busy; what a `work` step does in every way.
void keep_busy(duration lasting);

}  // namespace trivium::bench
