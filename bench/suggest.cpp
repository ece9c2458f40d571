// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "suggest.hpp"

#include <algorithm>
#include <vector>

namespace trivium::bench {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Row i holds the distances of the first i characters of `a` to every beginning of `b`; a swap looks two
  // rows back.
  std::vector<std::vector<std::size_t>> rows(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        rows[i][j] = i + j;
        continue;
      }
      rows[i][j] = std::min(
          {rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        rows[i][j] = std::min(rows[i][j], rows[i - 2][j - 2] + 1);
      }
    }
  }
  return rows[a.size()][b.size()];
}

std::string nearest(std::string_view given, std::span<std::string const> known) {
  std::string wrong(given);
  for (auto& each : wrong) {
    if (each >= 'A' && each <= 'Z') each = static_cast<char>(each - 'A' + 'a');
  }
  std::string best;
  auto least = wrong.size() / 2 + 1;  // more than half of it wrong is another word
  for (auto const& each : known) {
    auto const distance = edit_distance(wrong, each);
    if (distance < least || (distance == least && best.empty() && each.starts_with(wrong))) {
      least = distance;
      best = each;
    }
  }
  return best;
}

}  // namespace trivium::bench
