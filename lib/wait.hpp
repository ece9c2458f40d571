// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Sleeps in the kernel until a descriptor is ready, a time has come, or a stop is requested.
#pragma once

#include <trivium/channel.hpp>
#include <trivium/limits.hpp>

#include "waker.hpp"

namespace trivium {

struct woken {
  error_code error;    // of eventfd, or of ppoll
  bool ready = false;  // the descriptor is ready
  std::chrono::nanoseconds waited{0};
};

/// Sleeps until the interest is met, `until` has come, or `stop` wakes it. EINTR ends the wait too.
woken wait(interest what, time_point until, waker& stop);

}  // namespace trivium
