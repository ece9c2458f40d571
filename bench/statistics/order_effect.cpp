// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "order_effect.hpp"

#include <algorithm>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <vector>

namespace trivium::bench {

namespace {

using values = std::vector<double>;
using groups = std::vector<std::size_t>;

/// Takes the mean of its group from every value.
void centre_within(values& all, groups const& group) {
  std::map<std::size_t, std::pair<double, double>> sums;
  for (std::size_t i = 0; i < all.size(); ++i) {
    sums[group[i]].first += all[i];
    sums[group[i]].second += 1;
  }
  for (std::size_t i = 0; i < all.size(); ++i) all[i] -= sums[group[i]].first / sums[group[i]].second;
}

/// Ranks instead of values: one slow trial must not look like an effect.
values ranks_of(values const& all) {
  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return all[a] < all[b]; });
  values ranks(all.size());
  for (std::size_t i = 0; i < order.size(); ++i) ranks[order[i]] = static_cast<double>(i);
  return ranks;
}

double sum_of_products(values const& a, values const& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// Of the slope of `y` over `x`, both of mean zero.
double p_of_slope(values const& y, values const& x, double freedom) {
  auto const both = sum_of_products(x, x) * sum_of_products(y, y);
  if (both <= 0) return 1;
  auto const r2 = std::min(sum_of_products(x, y) * sum_of_products(x, y) / both, 1.0);
  if (r2 >= 1) return 0;
  boost::math::students_t const t(freedom);
  return 2 * boost::math::cdf(boost::math::complement(t, std::sqrt(freedom * r2 / (1 - r2))));
}

/// That the groups have different means, by the variance between them against that within.
double p_of_groups(values const& y, groups const& group, double lost) {
  auto within = y;
  centre_within(within, group);
  auto const left = sum_of_products(within, within);
  auto const between = sum_of_products(y, y) - left;
  std::map<std::size_t, int> distinct;
  for (auto const each : group) ++distinct[each];
  auto const above = static_cast<double>(distinct.size()) - 1;
  auto const below = static_cast<double>(y.size()) - static_cast<double>(distinct.size()) - lost;
  if (above < 1 || below < 1 || left <= 0) return 1;
  boost::math::fisher_f const f(above, below);
  return boost::math::cdf(boost::math::complement(f, std::max(between, 0.0) / above / (left / below)));
}

}  // namespace

std::optional<order_effect> order_effect_of(std::span<placed_value const> trials) {
  values y;
  values x;
  groups arms;
  groups rounds;
  for (auto const& each : trials) {
    y.push_back(each.log);
    x.push_back(each.position);
    arms.push_back(each.arm);
    rounds.push_back(each.round);
  }
  auto const distinct = [](groups all) {
    std::sort(all.begin(), all.end());
    return static_cast<double>(std::unique(all.begin(), all.end()) - all.begin());
  };
  // What arms and rounds explain is taken away first: they are meant to differ.
  auto const lost = distinct(arms) + distinct(rounds) - 1;
  auto const freedom = static_cast<double>(y.size()) - lost - 1;
  constexpr double fewest = 20;
  if (freedom < fewest) return std::nullopt;
  for (int i = 0; i < 3; ++i) {  // arms may run more than once a round; then one pass is not enough
    for (auto* const each : {&y, &x}) {
      centre_within(*each, rounds);
      centre_within(*each, arms);
    }
  }
  auto ranks = ranks_of(y);
  auto const one = groups(ranks.size());
  centre_within(ranks, one);

  order_effect found;
  found.position = p_of_slope(ranks, x, freedom);
  values followed;
  groups before;
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    if (!trials[i].predecessor) continue;
    followed.push_back(ranks[i]);
    before.push_back(*trials[i].predecessor);
  }
  centre_within(followed, groups(followed.size()));
  found.predecessor = p_of_groups(followed, before, lost - 1);
  return found;
}

}  // namespace trivium::bench
