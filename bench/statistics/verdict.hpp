// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// From an interval to one of four words. The rule, fixed before anything is measured, with M the margin:
//
//   1. the interval lies inside [1/(1+M), 1+M]                  equivalent (within M)
//   2. else p, Holm-adjusted over the family, is below 0.05     faster or slower, by at least the near end
//   3. else                                                    cannot tell (would need about N rounds)
//
// Below nine rounds no word is said: adjusted over six comparisons, none could be significant. A disturbed
// run is judged more strictly: intervals at 99 %, and p below 0.01.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hodges_lehmann.hpp"

namespace trivium::bench {

inline constexpr std::size_t fewest_rounds_for_a_word = 9;
inline constexpr std::size_t fewest_rounds_for_an_interval = 6;

/// Above it a difference is none. `strict` is for runs in which too many trials were disturbed.
inline constexpr double significance = 0.05;
inline constexpr double strict_significance = 0.01;

/// At which identical arms are held against each other. At 95 % one clean run in twenty would be thrown away.
inline constexpr double control_level = 0.998;

enum class better { higher, lower };

enum class word { faster, slower, equivalent, cannot_tell };

struct verdict {
  bench::word word = word::cannot_tell;
  double margin = 0;
  double by_at_least = 0;         ///< of faster and slower: 0.03 is 3 %
  std::size_t rounds_needed = 0;  ///< of cannot tell, for either word
};

/// A word for each ratio of a family; none for a ratio of too few rounds. The intervals of the family are
/// those of the level 1 - `below`.
std::vector<std::optional<verdict>> judge(std::span<centre const> family, double margin, better direction,
                                          double below = significance);

/// "slower by at least 3.1 %"
std::string sentence(verdict const& said);
/// The word alone.
std::string_view name_of(word said);

}  // namespace trivium::bench
