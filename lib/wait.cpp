// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "wait.hpp"

#include <algorithm>

#include "system.hpp"

namespace trivium {
woken wait(interest what, time_point until, waker& stop) {
  woken result;
  if (result.error = stop.arm(); result.error) return result;

  // ppoll ignores a negative descriptor. Where only time ends the wait the descriptor is not watched: after
  // an end of file or a reset every ppoll would return at once.
  bool const watched = what.until != readiness::none;
  pollfd watch[] = {{watched ? what.descriptor : -1, what.poll_events(), 0}, {stop.descriptor(), POLLIN, 0}};

  auto const began = now();
  timespec left{};
  timespec const* at_most = nullptr;
  if (until != time_point::max()) {
    auto const nanos = std::max(time_between(began, until), nanoseconds::zero()).count();
    left = {.tv_sec = nanos / 1'000'000'000, .tv_nsec = nanos % 1'000'000'000};
    at_most = &left;
  }
  if (system().ppoll(watch, 2, at_most, nullptr) < 0 && errno != EINTR) result.error = last_error();
  result.ready = watch[0].revents != 0;
  result.waited = std::max(time_between(began, now()), nanoseconds::zero());
  return result;
}

}  // namespace trivium
