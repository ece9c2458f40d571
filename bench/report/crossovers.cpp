// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "crossovers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "table.hpp"

namespace trivium::bench {

namespace {

using pair = std::pair<std::string, std::string>;

struct column {
  std::string head;
  cell_analysis const* cell;
};

std::vector<column> columns_of(two_way_table const& table, analysis const& found) {
  std::vector<column> columns;
  for (auto const& [head, index] : table.columns) {
    for (auto const& each : found.cells) {
      if (each.cell == index && each.primary != nullptr && each.primary->name == table.metric)
        columns.push_back({head, &each});
    }
  }
  return columns;
}

contrast const* contrast_of(cell_analysis const& in, pair const& two) {
  auto const at = std::find_if(in.contrasts.begin(), in.contrasts.end(), [&](contrast const& each) {
    return each.arm == two.first && each.against == two.second;
  });
  return at == in.contrasts.end() || !at->said || !at->ratio.within_rounds.within ? nullptr : &*at;
}

std::string_view side_of_one(interval const& within) {
  if (within.high < 1) return "lower";
  return within.low > 1 ? "higher" : "not told apart";
}

/// Columns in succession in which the same is said.
struct stretch {
  std::string_view said;
  std::vector<std::string> heads;
  centre first;
};

std::vector<stretch> stretches_of(std::vector<column> const& columns, pair const& two) {
  std::vector<stretch> all;
  bool gap = false;
  for (auto const& each : columns) {
    auto const* const here = contrast_of(*each.cell, two);
    if (here == nullptr) {
      gap = true;
      continue;
    }
    auto const& ratio = here->ratio.within_rounds;
    auto const said = side_of_one(*ratio.within);
    if (std::exchange(gap, false) || all.empty() || all.back().said != said) all.push_back({said, {}, ratio});
    all.back().heads.push_back(each.head);
  }
  return all;
}

std::string sentence(stretch const& one, std::string const& last_head) {
  auto const& heads = one.heads;
  auto text = heads.size() == 1 ? fmt::format("{} at {}", one.said, heads.front())
              : heads.back() == last_head
                  ? fmt::format("{} from {} on", one.said, heads.front())
                  : fmt::format("{} from {} to {}", one.said, heads.front(), heads.back());
  if (one.said != "not told apart")
    text += fmt::format(" ({}{})", ratio_text(one.first), heads.size() == 1 ? "" : " at " + heads.front());
  return text;
}

}  // namespace

std::string crossovers_text(two_way_table const& table, analysis const& found) {
  auto const columns = columns_of(table, found);
  std::vector<pair> pairs;
  for (auto const& each : columns) {
    for (auto const& one : each.cell->contrasts) {
      pair two{one.arm, one.against};
      if (std::find(pairs.begin(), pairs.end(), two) == pairs.end()) pairs.push_back(std::move(two));
    }
  }
  std::string text;
  for (auto const& two : pairs) {
    auto const all = stretches_of(columns, two);
    std::size_t compared = 0;
    std::vector<std::string> parts;
    for (auto const& each : all) {
      compared += each.heads.size();
      parts.push_back(sentence(each, columns.back().head));
    }
    if (compared >= 2)
      text += fmt::format("  {} against {}: {}\n", two.first, two.second, fmt::join(parts, "; "));
  }
  return text;
}

}  // namespace trivium::bench
