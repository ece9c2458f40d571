// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The policies of the nonblocking way: how it waits between two attempts. A policy is always named at the
// call, because it decides what the call costs.
#pragma once

#include <trivium/config.hpp>

#include <chrono>
#include <concepts>
#include <trivium/operation.hpp>
#include <utility>

namespace TRIVIUM_EXPORT trivium {
/// The policies of the nonblocking way.
namespace retry {

/// Invokes `go_on()` between the attempts: the caller's other work. If it throws, the exception is propagated
/// and the operation keeps its count (nonblocking::complete).
template <std::invocable Function>
struct call_policy {
  Function go_on;  ///< the caller's other work

  /// Invokes it once.
  void between(operation& op) {
    auto const before = now();
    go_on();
    op.waited(now() - before);
  }
};
/// Makes that policy of `go_on`.
template <std::invocable Function>
call_policy<Function> call(Function go_on) {
  return {std::move(go_on)};
}

/// Sleeps `first`, then twice as long each time that nothing has moved, at most `most`; never past the
/// operation's due(). For conditions that produce no readiness event. A `first` of less than one nanosecond
/// is one nanosecond; a `most` below `first` is `first`.
struct backoff {
  nanoseconds first;  ///< the first sleep, and the first one after bytes have moved
  nanoseconds most;   ///< the longest sleep

  /// Sleeps `at_first`, and at most `at_most`.
  backoff(time_span at_first, time_span at_most) noexcept
      : first{at_first.length()}, most{at_most.length()} {}
  /// Sleeps once.
  void between(operation& op);

 private:
  nanoseconds pause_{0};
  std::size_t bytes_ = 0;
};

/// Yields the processor (sched_yield(2)) and tries again.
struct yield_policy {
  /// Yields once.
  void between(operation& op);
};
/// The policy that yields, for a call: `send_all(peer, data, retry::yield)`.
inline constexpr yield_policy yield{};

/// Polls the kernel for readiness in a loop, without sleeping. This has the lowest latency where a processor
/// is free for it. It is extremely slow where sender and receiver share one.
struct spin_policy {
  /// Polls until the descriptor is ready, the operation is due or a stop is requested.
  void between(operation& op);
};
/// The policy that spins, for a call.
inline constexpr spin_policy spin{};

/// Sleeps in ppoll(2) until the descriptor is ready, a limit is due or a stop is requested: the same wait as
/// that of the blocking way.
struct poll_policy {
  /// Sleeps once.
  void between(operation& op);
};
/// The policy that sleeps in ppoll(2), for a call.
inline constexpr poll_policy poll{};

/// A retry policy. `between` waits once, and reports the length of the wait by `operation::waited`.
template <class Policy>
concept policy = requires(Policy& how, operation& op) {
  how.between(op);
};

}  // namespace retry
}  // namespace trivium
