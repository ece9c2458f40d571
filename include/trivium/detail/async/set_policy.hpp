// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Where the waits of an event loop are made: in Asio's reactor, or in the loop's interest set.
#pragma once

#include <trivium/config.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>

namespace TRIVIUM_EXPORT trivium {
namespace detail {

/// When waits are made in a loop's interest set instead of in Asio's reactor.
enum class use_of_sets {
  adaptive,  ///< where that has been cheaper lately
  never,
  always,  ///< for tests
};
inline constinit std::atomic<use_of_sets> sets_are_used{use_of_sets::adaptive};

/// The decision of one event loop.
///
/// Each wait in Asio's reactor makes an epoll_ctl(2), which arms the descriptor. A wait in the set makes none
/// in most cases, but an iteration of the loop then makes three system calls of its own, whatever the number
/// of connections that are ready: the loop's epoll_wait(2), the set's, and the epoll_ctl that arms the set.
/// So the set is cheaper from some ready connections for each iteration on. How many are ready is known only
/// while the set is used. So it is tried from time to time, ever more seldom while that does not pay, and
/// kept to while enough are ready at once.
///
/// Threads: any, except `observe`: one at a time.
class set_policy {
 public:
  /// With fewer connections the set is never tried.
  static constexpr std::size_t least_connections = 4;
  /// The ready connections for each iteration, on the average of so many iterations, from which on the set is
  /// cheaper.
  static constexpr std::size_t least_ready = 3, iterations_observed = 16;
  /// The waits in the reactor after which the set is tried: at first, and at most.
  static constexpr std::size_t first_try = 64, last_try = 16'384;

  void add_connection() noexcept { connections_.fetch_add(1, std::memory_order_relaxed); }
  void remove_connection() noexcept { connections_.fetch_sub(1, std::memory_order_relaxed); }

  /// Whether the next wait should be made in the set.
  bool prefers_set() noexcept {
    auto const how = sets_are_used.load(std::memory_order_relaxed);
    if (how != use_of_sets::adaptive) return how == use_of_sets::always;
    return connections_.load(std::memory_order_relaxed) >= least_connections && is_cheaper();
  }

  /// After an iteration of the loop in which `ready` waits in the set have completed.
  void observe(std::size_t ready) noexcept {
    if (!in_use_.load(std::memory_order_relaxed)) return;
    ready_ += ready;
    if (++iterations_ != iterations_observed) return;
    bool const enough = ready_ >= least_ready * iterations_observed;
    iterations_ = ready_ = 0;
    try_after_ = enough ? first_try : std::min(try_after_.load() * 2, last_try);
    if (!enough) in_use_ = false;
  }

  /// From now on the reactor is preferred: several threads run the loop, and Asio distributes their handlers
  /// better.
  void prefer_reactor() noexcept {
    never_again_ = true;
    in_use_ = false;
  }

 private:
  [[gnu::noinline]] bool is_cheaper() noexcept {
    if (never_again_.load(std::memory_order_relaxed)) return false;
    if (in_use_.load(std::memory_order_relaxed)) return true;
    if (waits_in_reactor_.fetch_add(1, std::memory_order_relaxed) <
        try_after_.load(std::memory_order_relaxed))
      return false;
    waits_in_reactor_ = 0;
    in_use_ = true;
    return true;
  }

  std::atomic<std::size_t> connections_{0};
  std::atomic<bool> in_use_{false}, never_again_{false};
  std::atomic<std::size_t> waits_in_reactor_{0}, try_after_{first_try};
  std::size_t iterations_ = 0, ready_ = 0;  // observed since the last decision
};

}  // namespace detail
}  // namespace trivium
