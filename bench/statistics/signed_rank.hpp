// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The exact distribution of Wilcoxon's signed-rank statistic: of the sum of those of the ranks 1..n whose
// sign is plus, when either sign is as likely. No table and no normal approximation, so a replay gives the
// same digits.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace trivium::bench {

class signed_rank {
 public:
  explicit signed_rank(std::size_t n);

  /// P(W <= w).
  [[nodiscard]] double at_most(std::size_t w) const;

  /// The largest w with P(W <= w) <= tail; none if even P(W = 0) is more, as for n < 6 and a tail of 0.025.
  [[nodiscard]] std::optional<std::size_t> critical(double tail) const;

  [[nodiscard]] std::size_t largest() const { return cumulative_.size() - 1; }

 private:
  std::vector<double> cumulative_;
};

/// The same, made once for each n: a simulation asks for it a million times.
signed_rank const& signed_rank_of(std::size_t n);

}  // namespace trivium::bench
