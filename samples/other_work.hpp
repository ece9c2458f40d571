// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What a thread may have to do besides waiting for a socket: here, pi.
#pragma once

#include <cstdint>
#include <ostream>

/// Comes nearer to pi by a few terms of the Leibniz series each time that it is called: about 10 us.
class other_work {
 public:
  void operator()() {
    for (int i = 0; i != 5'000; ++i, denominator_ += 4) quarter_ += 2.0 / (denominator_ * (denominator_ + 2));
    ++times_;
  }

  friend std::ostream& operator<<(std::ostream& to, other_work const& done) {
    return to << "other work was done " << done.times_ << " times: pi is about " << 4 * done.quarter_;
  }

 private:
  std::uint64_t times_ = 0;
  double denominator_ = 1;
  double quarter_ = 0;
};
