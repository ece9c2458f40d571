// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "holm.hpp"

namespace trivium::bench {

namespace {

// The interval shrinks with the root of the rounds. It would have to be as narrow as the distance to the
// nearer of two goals: all inside the margin, or all on one side of 1.
std::size_t rounds_for_a_word(centre const& ratio, double margin) {
  auto const half_width = std::log(ratio.within->high / ratio.within->low) / 2;
  auto const off = std::abs(std::log(ratio.estimate));
  auto const goal = std::max(off, std::log1p(margin) - off);
  auto const rounds = static_cast<double>(ratio.rounds) * std::pow(half_width / goal, 2);
  return std::max(ratio.rounds + 1, static_cast<std::size_t>(std::ceil(rounds)));
}

verdict judge_one(centre const& ratio, double adjusted, double margin, better direction, double below) {
  auto const [low, high] = *ratio.within;
  verdict said{.word = word::cannot_tell, .margin = margin};
  if (low >= 1 / (1 + margin) && high <= 1 + margin) {
    said.word = word::equivalent;
  } else if (adjusted < below) {
    auto const more = low > 1;
    said.word = more == (direction == better::higher) ? word::faster : word::slower;
    said.by_at_least = more ? low - 1 : 1 - high;
  } else {
    said.rounds_needed = rounds_for_a_word(ratio, margin);
  }
  return said;
}

}  // namespace

std::vector<std::optional<verdict>> judge(std::span<centre const> family, double margin, better direction,
                                          double below) {
  std::vector<double> p;
  for (auto const& each : family) p.push_back(each.p);
  auto const adjusted = holm(p);
  std::vector<std::optional<verdict>> words;
  for (std::size_t i = 0; i < family.size(); ++i) {
    if (family[i].rounds < fewest_rounds_for_a_word || !family[i].within) {
      words.emplace_back();
    } else {
      words.push_back(judge_one(family[i], adjusted[i], margin, direction, below));
    }
  }
  return words;
}

std::string_view name_of(word said) {
  switch (said) {
    case word::faster:
      return "faster";
    case word::slower:
      return "slower";
    case word::equivalent:
      return "equivalent";
    case word::cannot_tell:
      break;
  }
  return "cannot tell";
}

std::string sentence(verdict const& said) {
  switch (said.word) {
    case word::faster:
    case word::slower:
      return fmt::format("{} by at least {:.1f} %", name_of(said.word), said.by_at_least * 100);
    case word::equivalent:
      return fmt::format("equivalent (within {:.0f} %)", said.margin * 100);
    case word::cannot_tell:
      break;
  }
  return fmt::format("cannot tell (would need about {} rounds)", said.rounds_needed);
}

}  // namespace trivium::bench
