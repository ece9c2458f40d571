// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Whether it mattered when a trial was held. Two identical arms that always come out alike cannot show that
// the third trial of a round is slower than the first, or that one arm leaves the machine worse for the next.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace trivium::bench {

/// One trial as the check sees it. Arms and rounds by number.
struct placed_value {
  std::size_t arm = 0;
  std::size_t round = 0;
  double position = 0;
  std::optional<std::size_t> predecessor;  ///< the arm before it; none for the first
  double log = 0;
};

/// p-values: of a slope along the position in the round, and of the arms before as groups.
struct order_effect {
  double position = 1;
  double predecessor = 1;
};

/// Below it a warning is due. Low, since several cells are looked at in every run.
inline constexpr double order_matters = 0.001;

/// None from so few trials that nothing could be said.
std::optional<order_effect> order_effect_of(std::span<placed_value const> trials);

}  // namespace trivium::bench
