// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Durations noted while a trial runs, each one store into memory that is already there; quantiles are taken
// afterwards, and exactly.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "clock.hpp"

namespace trivium::bench {

class samples {
 public:
  // 2^18 fits a round trip of 1 us through a window of a quarter of a second; a longer run loses the rest and
  // says so.
  explicit samples(std::size_t capacity = std::size_t{1} << 18) : taken_(capacity) {}

  void note(duration took) {
    if (count_ < taken_.size()) {
      taken_[count_] = static_cast<std::uint32_t>(
          std::clamp<duration::rep>(took.count(), 0, std::numeric_limits<std::uint32_t>::max()));
    }
    ++count_;
  }

  /// All that were noted, including those for which there was no room.
  [[nodiscard]] std::size_t count() const { return count_; }

  /// The smallest sample that at least the share `q` of all samples does not exceed, in nanoseconds. None if
  /// fewer than `at_least` were taken: a tail of a handful of samples is an anecdote.
  [[nodiscard]] std::optional<double> quantile(double q, std::size_t at_least = 1) const {
    auto const n = std::min(count_, taken_.size());
    if (n == 0 || n < at_least) return std::nullopt;
    auto const rank =
        std::min(n - 1, static_cast<std::size_t>(std::max(0.0, std::ceil(q * static_cast<double>(n)) - 1)));
    auto sorted = std::vector<std::uint32_t>(taken_.begin(), taken_.begin() + static_cast<std::ptrdiff_t>(n));
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(rank), sorted.end());
    return static_cast<double>(sorted[rank]);
  }

 private:
  std::vector<std::uint32_t> taken_;
  std::size_t count_ = 0;
};

}  // namespace trivium::bench
