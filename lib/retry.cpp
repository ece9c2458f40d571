// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <algorithm>
#include <trivium/retry.hpp>

#include "system.hpp"
#include "wait.hpp"

namespace trivium::retry {
namespace {

void sleep(operation& op, interest for_what, time_point until) {
  waker stop{op.stop()};
  auto const woke = wait(for_what, until, stop);
  if (woke.error)
    op.fail(woke.error);
  else
    op.waited(woke.waited);
}

}  // namespace

void backoff::between(operation& op) {
  bool const moved = op.result().bytes != bytes_;
  bytes_ = op.result().bytes;
  auto const least = std::max(first, nanoseconds{1});
  auto const twice = std::min(longer(pause_, pause_), std::max(most, least));
  pause_ = moved || pause_ == nanoseconds{0} ? least : twice;
  sleep(op, {}, std::min(later(now(), pause_), op.due()));
}

void yield_policy::between(operation& op) {
  auto const before = now();
  system().sched_yield();
  op.waited(now() - before);
}

void spin_policy::between(operation& op) {
  // Spins on ppoll, not on send: a send that is refused takes the socket's lock, and so delays the
  // acknowledgements that would make room.
  auto const before = now();
  std::stop_token const none;
  waker nobody{none};
  auto at = before;
  for (bool ready = false; !ready && at < op.due() && !op.stop().stop_requested();) {
    auto const woke = wait(op.interest(), time_point{}, nobody);
    if (woke.error) return op.fail(woke.error);
    ready = woke.ready;
    at = now();
  }
  op.waited(at - before);
}

void poll_policy::between(operation& op) {
  sleep(op, op.interest(), op.due());
}

}  // namespace trivium::retry
