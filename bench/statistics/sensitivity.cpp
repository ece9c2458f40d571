// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "sensitivity.hpp"

#include <algorithm>
#include <boost/random/mersenne_twister.hpp>
#include <cmath>
#include <vector>

#include "hodges_lehmann.hpp"

namespace trivium::bench {

namespace {

constexpr std::size_t resamples = 200;

// From more rounds than these nothing new is learnt about the scatter, and the work grows with their square:
// what they see follows by the root of their number.
constexpr std::size_t enough_rounds = 100;

double half_width(interval const& within) {
  return (within.high - within.low) / 2;
}

}  // namespace

void noise_seen::add(std::span<double const> logs) {
  auto const here = centre_of(logs);
  double size = 0;
  for (auto const each : logs) size += std::abs(each - here.estimate) / static_cast<double>(logs.size());
  if (size <= 0) return;
  for (auto const each : logs) off_.push_back((each - here.estimate) / size);
}

// Runs of equal arms are drawn from the noise that was seen, with either sign since like trials differ to
// either side alike. Each tells how wide its interval is, and how large a true difference it would have
// needed: that moves the interval as it is, and is found when all of it is past zero. Of the run at hand only
// the width is known. So what is visible is that width times a multiple, the one that is as much as another
// run needs in eight of ten pairs.
std::optional<double> smallest_visible(std::span<double const> logs, noise_seen const& shape,
                                       double significance, std::size_t comparisons) {
  auto const level = 1 - significance / static_cast<double>(std::max<std::size_t>(comparisons, 1));
  auto const here = centre_of(logs, level);
  if (!here.within) return std::nullopt;
  auto const& off = shape.off();
  if (off.empty()) return 0;  // no noise at all

  boost::random::mt19937 random;  // of the same seed each time: the same rounds give the same figure
  std::vector<double> needed;
  std::vector<double> widths;
  std::vector<double> drawn(std::min(logs.size(), enough_rounds));
  for (std::size_t i = 0; i < resamples; ++i) {
    for (auto& each : drawn) {
      each = off[random() % off.size()];
      if (random() % 2 == 0) each = -each;
    }
    auto const within = *centre_of(drawn, level).within;
    needed.push_back(-within.low);
    widths.push_back(half_width(within));
  }
  std::vector<double> multiples;
  for (std::size_t i = 0; i < resamples; ++i) {
    for (std::size_t j = 0; j < resamples; ++j) {
      if (j != i && widths[j] > 0) multiples.push_back(needed[i] / widths[j]);
    }
  }
  if (multiples.empty()) return 0;
  auto const at = multiples.begin() +
                  static_cast<std::ptrdiff_t>(power_of_visible * static_cast<double>(multiples.size()));
  std::nth_element(multiples.begin(), at, multiples.end());
  auto const shrunk = std::sqrt(static_cast<double>(drawn.size()) / static_cast<double>(logs.size()));
  return std::expm1(*at * half_width(*here.within) * shrunk);
}

// It shrinks with the root of the rounds.
std::size_t rounds_for_half_width(double half_width, std::size_t rounds, double wanted) {
  auto const more = half_width / wanted;
  return static_cast<std::size_t>(std::ceil(static_cast<double>(rounds) * more * more));
}

}  // namespace trivium::bench
