// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// From an interval to one of four words. The rule, fixed before anything is measured, with M the margin:
//
//   1. the interval lies inside [1/(1+M), 1+M]                  equivalent (within M)
//   2. else p, Holm-adjusted over the family, is below 0.05     faster or slower, by at least the near end
//   3. else                                                    cannot tell (would need about N rounds)
//
// Below nine rounds no word is said: adjusted over six comparisons, none could be significant.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hodges_lehmann.hpp"

namespace trivium::bench {

inline constexpr std::size_t fewest_rounds_for_a_word = 9;

enum class better { higher, lower };

enum class word { faster, slower, equivalent, cannot_tell };

struct verdict {
  bench::word word = word::cannot_tell;
  double margin = 0;
  double by_at_least = 0;         ///< of faster and slower: 0.03 is 3 %
  std::size_t rounds_needed = 0;  ///< of cannot tell, for either word
};

/// A word for each ratio of a family; none for a ratio of too few rounds.
std::vector<std::optional<verdict>> judge(std::span<centre const> family, double margin, better direction);

/// "slower by at least 3.1 %"
std::string sentence(verdict const& said);
/// The word alone.
std::string_view name_of(word said);

}  // namespace trivium::bench
