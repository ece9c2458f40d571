// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "hodges_lehmann.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "signed_rank.hpp"

namespace trivium::bench {

namespace {

/// What stands at `rank` once they are sorted. Three of some thousand are asked for, so they are not sorted.
double at_rank(std::vector<double>& all, std::size_t rank) {
  auto const at = all.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(all.begin(), at, all.end());
  return *at;
}

double middle(std::vector<double>& all) {
  auto const n = all.size();
  auto const upper = at_rank(all, n / 2);
  if (n % 2 == 1) return upper;
  return (*std::max_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n / 2)) + upper) / 2;
}

}  // namespace

centre centre_of(std::span<double const> differences, double level) {
  std::vector<double> averages;
  for (std::size_t i = 0; i < differences.size(); ++i) {
    for (std::size_t j = i; j < differences.size(); ++j)
      averages.push_back((differences[i] + differences[j]) / 2);
  }

  centre found;
  found.rounds = differences.size();
  found.estimate = middle(averages);
  auto const& distribution = signed_rank_of(differences.size());
  if (auto const w = distribution.critical((1 - level) / 2)) {
    auto const low = at_rank(averages, *w);
    found.within = {low, at_rank(averages, averages.size() - 1 - *w)};
  }
  // The statistic is the number of averages above zero. What lies on zero speaks for neither side, and is
  // given to the one that it makes less certain.
  auto const count = [&](auto which) {
    return static_cast<std::size_t>(std::count_if(averages.begin(), averages.end(), which));
  };
  auto const below = count([](double each) { return each < 0; });
  auto const above = count([](double each) { return each > 0; });
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
  std::vector<double> all(values.begin(), values.end());
  return all.empty() ? std::nan("") : middle(all);
}

}  // namespace trivium::bench
