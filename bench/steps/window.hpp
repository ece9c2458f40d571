// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The stretch of time that counts. Both ends of a trial are given the same one before they start.
#pragma once

#include "clock.hpp"

namespace trivium::bench {

struct window {
  time_point begin = {};
  time_point end = time_point::max();

  [[nodiscard]] bool holds(time_point at) const { return begin <= at && at < end; }
};

}  // namespace trivium::bench
