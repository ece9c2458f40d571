// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The one clock of the instrument. CLOCK_MONOTONIC is shared by every process of a machine, so the two ends
// of a trial agree on a window without exchanging a message while it lasts.
#pragma once

#include <chrono>

namespace trivium::bench {

using clock = std::chrono::steady_clock;
using duration = clock::duration;
using time_point = clock::time_point;

static_assert(std::is_same_v<duration, std::chrono::nanoseconds>);

}  // namespace trivium::bench
