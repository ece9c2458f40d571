// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What a number of rounds could have seen. A tool that always says "cannot tell" makes no mistake; so beside
// every answer stands the smallest true difference that it would have found.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace trivium::bench {

/// How often a difference of the smallest visible size is found.
inline constexpr double power_of_visible = 0.8;

/// What the rounds of one or more comparisons say of the shape of the noise, whatever its size: how far each
/// is off, in units of how far those of its comparison are on average.
class noise_seen {
 public:
  noise_seen() = default;
  explicit noise_seen(std::span<double const> logs) { add(logs); }

  /// Those of a comparison more, whose noise has the same shape. Rounds that are all alike say nothing.
  ///
  ///   Requires:  at least one logarithm of a ratio.
  void add(std::span<double const> logs);

  [[nodiscard]] std::vector<double> const& off() const { return off_; }

 private:
  std::vector<double> off_;
};

/// The smallest ratio, less 1, that rounds which scatter like these find in eight of ten runs, tested at
/// `significance` and adjusted for a family of `comparisons` of which no other is different. Few rounds say
/// how much they scatter, but hardly how: what is known of that from others is in `shape`. None if so few
/// rounds cannot find anything, however large.
///
///   Requires:  at least one logarithm of a ratio, and a shape that these have been added to.
std::optional<double> smallest_visible(std::span<double const> logs, noise_seen const& shape,
                                       double significance = 0.05, std::size_t comparisons = 1);

/// So many rounds would make the half width of the interval, which is `half_width` at `rounds`, one of
/// `wanted`.
std::size_t rounds_for_half_width(double half_width, std::size_t rounds, double wanted);

}  // namespace trivium::bench
