// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What was read from a connection before a step has asked for it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <span>

namespace trivium::bench {

class read_ahead {
 public:
  /// Where to read to, while nothing is held.
  [[nodiscard]] std::span<std::byte> room() { return room_; }
  void hold(std::size_t n) { held_ = std::span(room_).first(n); }

  /// Moves as much as fits; returns how much that was.
  std::size_t take(std::span<std::byte> into) {
    auto const n = std::min(into.size(), held_.size());
    if (n != 0) std::memcpy(into.data(), held_.data(), n);
    held_ = held_.subspan(n);
    return n;
  }

 private:
  std::array<std::byte, 1024> room_;
  std::span<std::byte> held_;
};

}  // namespace trivium::bench
