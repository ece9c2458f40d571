// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "order_statistic.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <vector>

namespace trivium::bench {

centre median_ratio_of(std::span<double const> logs, double level) {
  std::vector<double> sorted(logs.begin(), logs.end());
  std::sort(sorted.begin(), sorted.end());
  auto const n = sorted.size();
  boost::math::binomial const signs(static_cast<double>(n), 0.5);

  centre found;
  found.rounds = n;
  found.estimate = std::exp(median_of(sorted));
  // The widest tail that is still thin enough: so many from either end are outside.
  std::size_t outside = 0;
  while (outside < n / 2 && boost::math::cdf(signs, static_cast<double>(outside)) <= (1 - level) / 2)
    ++outside;
  if (outside > 0) found.within = {std::exp(sorted[outside - 1]), std::exp(sorted[n - outside])};

  auto const below = std::count_if(sorted.begin(), sorted.end(), [](double each) { return each < 0; });
  auto const above = std::count_if(sorted.begin(), sorted.end(), [](double each) { return each > 0; });
  // Ties speak for neither side, and are given to the one that it makes less certain.
  auto const fewer = static_cast<double>(std::min(below, above)) + static_cast<double>(n) -
                     static_cast<double>(below) - static_cast<double>(above);
  found.p = fewer >= static_cast<double>(n) ? 1 : std::min(1.0, 2 * boost::math::cdf(signs, fewer));
  return found;
}

}  // namespace trivium::bench
