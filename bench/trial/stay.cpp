// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "stay.hpp"

#include <algorithm>

namespace trivium::bench {

namespace {

/// Calls `with(processor, from, till)` for each stay, cut to [begin, end).
template <class With>
void each_part(std::vector<stay> const& stays, std::int64_t begin, std::int64_t end, With with) {
  for (std::size_t i = 0; i < stays.size(); ++i) {
    auto const from = std::max(stays[i].since, begin);
    auto const till = std::min(i + 1 < stays.size() ? stays[i + 1].since : end, end);
    if (from < till) with(stays[i].processor, from, till);
  }
}

}  // namespace

double share_together(std::vector<stay> const& one, std::vector<stay> const& other, std::int64_t begin,
                      std::int64_t end) {
  if (begin >= end) return 0;
  std::int64_t together = 0;
  each_part(one, begin, end, [&](int here, std::int64_t from, std::int64_t till) {
    each_part(other, from, till, [&](int there, std::int64_t since, std::int64_t until) {
      if (here == there) together += until - since;
    });
  });
  return static_cast<double>(together) / static_cast<double>(end - begin);
}

std::map<std::string, double, std::less<>> shares_of(std::vector<stay> const& stays, std::int64_t begin,
                                                     std::int64_t end) {
  std::map<std::string, double, std::less<>> shares;
  each_part(stays, begin, end, [&](int processor, std::int64_t from, std::int64_t till) {
    shares[std::to_string(processor)] += static_cast<double>(till - from) / static_cast<double>(end - begin);
  });
  return shares;
}

}  // namespace trivium::bench
