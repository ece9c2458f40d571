// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The lanes of a hand-written loop that wait for a time.
#pragma once

#include <map>

#include "../steps/clock.hpp"

namespace trivium::bench {

template <class Lane>
class sleepers {
 public:
  void add(time_point at, Lane& who) { by_time_.emplace(at, &who); }

  /// When the first is to be woken.
  [[nodiscard]] time_point due() const {
    return by_time_.empty() ? time_point::max() : by_time_.begin()->first;
  }

  /// Calls `wake` of those whose time has come; that may add others.
  void wake_due() {
    if (by_time_.empty()) return;
    auto const now = clock::now();
    while (!by_time_.empty() && by_time_.begin()->first <= now) {
      auto* const who = by_time_.begin()->second;
      by_time_.erase(by_time_.begin());
      who->wake();
    }
  }

 private:
  std::multimap<time_point, Lane*> by_time_;
};

}  // namespace trivium::bench
