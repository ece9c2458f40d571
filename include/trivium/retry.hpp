// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// How the nonblocking way passes the time between two attempts: always named at the call, because it is what
// the caller pays.
#pragma once

#include <trivium/config.hpp>

#include <chrono>
#include <concepts>
#include <trivium/operation.hpp>
#include <utility>

namespace TRIVIUM_EXPORT trivium {
namespace retry {

/// Calls `go_on()` between the attempts: the caller's other work. If it throws, the exception passes through
/// and the count stays in the operation (nonblocking::complete).
template <std::invocable Function>
struct call_policy {
  Function go_on;

  void between(operation& op) {
    auto const before = now();
    go_on();
    op.waited(now() - before);
  }
};
template <std::invocable Function>
call_policy<Function> call(Function go_on) {
  return {std::move(go_on)};
}

/// Sleeps `first`, then twice as long each time that nothing moved, at most `most`. For what gives no event.
/// Less than a nanosecond is one; a `most` below `first` is `first`.
struct backoff {
  nanoseconds first;
  nanoseconds most;

  backoff(time_span at_first, time_span at_most) noexcept
      : first{at_first.length()}, most{at_most.length()} {}
  void between(operation& op);

 private:
  nanoseconds pause_{0};
  std::size_t bytes_ = 0;
};

/// Lets other threads of this processor run (sched_yield), and tries again.
struct yield_policy {
  void between(operation& op);
};
inline constexpr yield_policy yield{};

/// Asks the kernel again and again whether the descriptor is ready, without ever sleeping. The quickest
/// answer where a processor is free for it; ruin where sender and receiver share one.
struct spin_policy {
  void between(operation& op);
};
inline constexpr spin_policy spin{};

/// Sleeps until the descriptor is ready: the blocking wait by another name.
struct poll_policy {
  void between(operation& op);
};
inline constexpr poll_policy poll{};

/// A way to pass the time: one wait that counts itself with `operation::waited`.
template <class Policy>
concept policy = requires(Policy& how, operation& op) {
  how.between(op);
};

}  // namespace retry
}  // namespace trivium
