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

constexpr auto resamples = 200;

// From more rounds than these nothing new is learnt about the scatter, and the work grows with their square:
// what they see follows by the root of their number.
constexpr std::size_t enough_rounds = 100;

// Estimates from few rounds scatter, and a difference that is visible if they are right is found more rarely
// than promised if they are not. The share by which it has to be larger was fitted to the simulation, which
// tests it.
double for_few_rounds(std::size_t rounds) {
  auto const n = static_cast<double>(rounds);
  return 1 + std::min(0.17, 0.8 / n + 10 / (n * n));
}

}  // namespace

// The rounds themselves say how they scatter, whatever its shape. Drawn again and again, with either sign
// since like trials differ to either side alike, they give the adjusted interval of as many runs of equal
// arms. A true difference moves that interval as it is; it is found if it moves all of it past zero. So what
// is found in eight of ten runs is what moves eight of ten intervals past it.
std::optional<double> smallest_visible(std::span<double const> logs, double significance,
                                       std::size_t comparisons) {
  auto const level = 1 - significance / static_cast<double>(std::max<std::size_t>(comparisons, 1));
  auto const n = logs.size();
  auto const here = centre_of(logs, level);
  if (!here.within) return std::nullopt;
  boost::random::mt19937 random;  // of the same seed each time: the same rounds give the same figure
  std::vector<double> needed;
  std::vector<double> drawn(std::min(n, enough_rounds));
  for (int i = 0; i < resamples; ++i) {
    for (auto& each : drawn) {
      auto const off = logs[random() % n] - here.estimate;
      each = random() % 2 == 0 ? off : -off;
    }
    needed.push_back(-centre_of(drawn, level).within->low);
  }
  auto const at = needed.begin() + static_cast<std::ptrdiff_t>(power_of_visible * resamples);
  std::nth_element(needed.begin(), at, needed.end());
  auto const shrunk = std::sqrt(static_cast<double>(drawn.size()) / static_cast<double>(n));
  return std::expm1(*at * for_few_rounds(n) * shrunk);
}

// It shrinks with the root of the rounds.
std::size_t rounds_for_half_width(double half_width, std::size_t rounds, double wanted) {
  auto const more = half_width / wanted;
  return static_cast<std::size_t>(std::ceil(static_cast<double>(rounds) * more * more));
}

}  // namespace trivium::bench
