// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <algorithm>
#include <trivium/retry.hpp>

#include "system.hpp"
#include "wait.hpp"

namespace trivium::retry {
namespace {

void sleep(turning& operation, wants for_what, time_point until) {
  waker stop{operation.stop()};
  auto const woke = wait(for_what, until, stop);
  if (woke.error)
    operation.fail(woke.error);
  else
    operation.waited(woke.waited);
}

}  // namespace

void backoff::between(turning& operation) {
  bool const moved = operation.result().bytes != bytes_;
  bytes_ = operation.result().bytes;
  auto const least = std::max(first, nanoseconds{1});
  auto const twice = std::min(longer(pause_, pause_), std::max(most, least));
  pause_ = moved || pause_ == nanoseconds{0} ? least : twice;
  sleep(operation, {}, std::min(later(now(), pause_), operation.due()));
}

void give_way_policy::between(turning& operation) {
  auto const before = now();
  system().sched_yield();
  operation.waited(now() - before);
}

void spin_policy::between(turning& operation) {
  // Spinning on the question, not on send: a send that refuses takes the socket's lock from the very
  // acknowledgements that would make room.
  auto const before = now();
  std::stop_token const none;
  waker nobody{none};
  auto at = before;
  for (bool ready = false; !ready && at < operation.due() && !operation.stop().stop_requested();) {
    auto const woke = wait(operation.wants(), time_point{}, nobody);
    if (woke.error) return operation.fail(woke.error);
    ready = woke.ready;
    at = now();
  }
  operation.waited(at - before);
}

void poll_policy::between(turning& operation) {
  sleep(operation, operation.wants(), operation.due());
}

}  // namespace trivium::retry
