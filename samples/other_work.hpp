// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// An example of the work that a thread can do instead of waiting for a socket: computes pi.
#pragma once

#include <cstdint>
#include <ostream>

/// Each call adds some terms of the Leibniz series for pi and takes about 10 us.
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
