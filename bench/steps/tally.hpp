// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What a way says of itself. The audit holds it against what the counting library saw.
#pragma once

#include <cstdint>

#include "clock.hpp"

namespace trivium::bench {

struct tally {
  bool kept = false;  ///< whether this way counts its calls at all; baselines do not
  std::uint64_t calls = 0;
  std::uint64_t would_blocks = 0;
  std::uint64_t waits = 0;
  duration longest_hold = {};  ///< longest time in which the lanes without a socket could not run
};

}  // namespace trivium::bench
