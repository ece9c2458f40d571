// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What the hand-written loops have in common: how much they ask for at a time, and how they read an answer.
#pragma once

#include <sys/types.h>
#include <algorithm>
#include <span>

#include "outcome.hpp"

namespace trivium::bench::raw {

// The most the library asks of the kernel at once. Without it the loops would differ in what they ask, not in
// how they wait.
inline constexpr auto most_a_call = std::size_t{4} << 20;

template <class Byte>
std::span<Byte> capped(std::span<Byte> bytes) {
  return bytes.first(std::min(bytes.size(), most_a_call));
}

/// Books what `send` returned; false if the operation has to end.
inline bool moved(ssize_t n, outcome& so_far) {
  if (n >= 0) {
    so_far.bytes += static_cast<std::size_t>(n);
    return true;
  }
  if (errno == EINTR) return true;
  so_far.error = last_errno();
  return false;
}

/// The same for `recv`, where nothing means that the peer has finished.
inline bool received(ssize_t n, outcome& so_far) {
  if (n == 0) {
    so_far.end_of_stream = true;
    return false;
  }
  return moved(n, so_far);
}

}  // namespace trivium::bench::raw
