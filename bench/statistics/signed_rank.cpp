// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "signed_rank.hpp"

#include <algorithm>
#include <map>

namespace trivium::bench {

// Rank by rank: with the chance of a half it joins the sum. Probabilities rather than counts, which would
// overflow at 64.
signed_rank::signed_rank(std::size_t n) : cumulative_(n * (n + 1) / 2 + 1, 0.0) {
  auto& chance = cumulative_;
  chance[0] = 1.0;
  std::size_t reached = 0;
  for (std::size_t rank = 1; rank <= n; ++rank) {
    reached += rank;
    for (std::size_t w = reached + 1; w-- > 0;) {
      chance[w] = (chance[w] + (w >= rank ? chance[w - rank] : 0.0)) / 2;
    }
  }
  for (std::size_t w = 1; w < chance.size(); ++w) chance[w] += chance[w - 1];
}

double signed_rank::at_most(std::size_t w) const {
  return std::min(1.0, cumulative_[std::min(w, largest())]);
}

std::optional<std::size_t> signed_rank::critical(double tail) const {
  auto const above = std::upper_bound(cumulative_.begin(), cumulative_.end(), tail);
  if (above == cumulative_.begin()) return std::nullopt;
  return static_cast<std::size_t>(above - cumulative_.begin()) - 1;
}

signed_rank const& signed_rank_of(std::size_t n) {
  thread_local std::map<std::size_t, signed_rank> made;
  return made.try_emplace(n, n).first->second;
}

}  // namespace trivium::bench
