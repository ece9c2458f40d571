// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What the programs' arguments have in common.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <random>
#include <string_view>

namespace trivium::fuzz {

/// The whole text as a number; none if it is no such thing.
inline std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return number;
}

/// The first seed where none is given: another in each run, with room behind it for those that follow.
inline std::uint64_t any_seed() {
  return (std::uint64_t{std::random_device{}()} << 16) & 0xffff'ffff'0000;
}

}  // namespace trivium::fuzz
