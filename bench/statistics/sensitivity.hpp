// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What a number of rounds could have seen. A tool that always says "cannot tell" makes no mistake; so beside
// every answer stands the smallest true difference that it would have found.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace trivium::bench {

/// How often a difference of the smallest visible size is found.
inline constexpr double power_of_visible = 0.8;

/// The smallest ratio, less 1, that rounds which scatter like these find in eight of ten runs, tested at
/// `significance` and adjusted for a family of `comparisons` of which no other is different. None if so few
/// rounds cannot find anything, however large.
///
///   Requires:  at least one logarithm of a ratio.
std::optional<double> smallest_visible(std::span<double const> logs, double significance = 0.05,
                                       std::size_t comparisons = 1);

/// So many rounds would make the half width of the interval, which is `half_width` at `rounds`, one of
/// `wanted`.
std::size_t rounds_for_half_width(double half_width, std::size_t rounds, double wanted);

}  // namespace trivium::bench
