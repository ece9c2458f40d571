// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "hodges_lehmann.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "signed_rank.hpp"

namespace trivium::bench {

namespace {

double middle(std::vector<double> const& sorted) {
  auto const n = sorted.size();
  return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

}  // namespace

centre centre_of(std::span<double const> differences, double level) {
  std::vector<double> averages;
  for (std::size_t i = 0; i < differences.size(); ++i) {
    for (std::size_t j = i; j < differences.size(); ++j)
      averages.push_back((differences[i] + differences[j]) / 2);
  }
  std::sort(averages.begin(), averages.end());

  centre found;
  found.rounds = differences.size();
  found.estimate = middle(averages);
  signed_rank const distribution(differences.size());
  if (auto const w = distribution.critical((1 - level) / 2)) {
    found.within = {averages[*w], averages[averages.size() - 1 - *w]};
  }
  // The statistic is the number of averages above zero. What lies on zero speaks for neither side, and is
  // given to the one that it makes less certain.
  auto const below =
      static_cast<std::size_t>(std::lower_bound(averages.begin(), averages.end(), 0.0) - averages.begin());
  auto const above =
      static_cast<std::size_t>(averages.end() - std::upper_bound(averages.begin(), averages.end(), 0.0));
  auto const zero = averages.size() - below - above;
  found.p = std::min(1.0, 2 * distribution.at_most(std::min(below, above) + zero));
  return found;
}

centre ratio_of(std::span<double const> logs, double level) {
  auto found = centre_of(logs, level);
  found.estimate = std::exp(found.estimate);
  if (found.within) found.within = {std::exp(found.within->low), std::exp(found.within->high)};
  return found;
}

double median_of(std::span<double const> values) {
  std::vector<double> sorted(values.begin(), values.end());
  if (sorted.empty()) return std::nan("");
  std::sort(sorted.begin(), sorted.end());
  return middle(sorted);
}

}  // namespace trivium::bench
