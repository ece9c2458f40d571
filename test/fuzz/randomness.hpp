// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// All that a session decides, from its seed alone: the same decisions on every machine (std's generators are
// specified to the bit, its distributions are not).
#pragma once

#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <random>

namespace trivium::fuzz {

class randomness {
 public:
  explicit randomness(std::uint64_t seed) : engine_{seed} {}

  std::uint64_t next() { return engine_(); }
  std::uint64_t below(std::uint64_t end) { return end == 0 ? 0 : engine_() % end; }
  std::uint64_t between(std::uint64_t first, std::uint64_t last) { return first + below(last - first + 1); }
  bool percent(unsigned chance) { return below(100) < chance; }

  template <class T>
  T one_of(std::initializer_list<T> values) {
    return values.begin()[below(values.size())];
  }

  /// From 1 to `most`, each order of magnitude as likely as another.
  std::size_t size(std::size_t most) {
    if (most <= 1) return 1;
    auto const bits = below(static_cast<std::uint64_t>(std::bit_width(most)) + 1);
    auto const top = bits >= 63 ? most : std::size_t{1} << bits;
    return static_cast<std::size_t>(between(1, top < most ? top : most));
  }
  std::chrono::microseconds time(std::chrono::microseconds most) {
    return std::chrono::microseconds{size(static_cast<std::size_t>(most.count()))};
  }

  /// Another source, for what is decided in another thread.
  randomness branch() { return randomness{next()}; }

 private:
  std::mt19937_64 engine_;
};

}  // namespace trivium::fuzz
