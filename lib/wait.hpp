// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Sleeping in the kernel until something of several things has happened.
#pragma once

#include <trivium/channel.hpp>
#include <trivium/limits.hpp>

#include "waker.hpp"

namespace trivium {

struct woken {
  error_code error;    // of making the eventfd, or of ppoll
  bool ready = false;  // what was waited for is there
  std::chrono::nanoseconds waited{0};
};

/// Sleeps until what is wanted is there, `until` has come, or `stop` wakes it. An interruption ends it too.
woken wait(interest what, time_point until, waker& stop);

}  // namespace trivium
