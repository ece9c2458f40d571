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
/// So the set is cheaper from that many ready connections for each iteration on. How many are ready is known
/// only while the set is used. So it is tried from time to time, ever more seldom while that does not pay. To
/// move the connections to the set and back takes calls as well: the set is left when it has lost as many.
///
/// Threads: any, except `observe`: one at a time.
class set_policy {
 public:
  /// With fewer connections the set is never tried.
  static constexpr std::size_t least_connections = 4;
  /// The system calls of an iteration in the set, beside those of the connections that are ready; and those
  /// that it takes to move a connection there and back.
  static constexpr std::ptrdiff_t calls_of_an_iteration = 3, calls_of_a_move = 4;
  /// The waits in the reactor after which the set is tried: at first; and at most, but for eight waits of
  /// each connection that has to move.
  static constexpr std::size_t first_try = 64, last_try = 16'384;

  void add_connection() noexcept { connections_.fetch_add(1, std::memory_order_relaxed); }
  void remove_connection() noexcept { connections_.fetch_sub(1, std::memory_order_relaxed); }

  /// A connection has been added to the set, or removed from it.
  void add_to_set() noexcept { in_set_.fetch_add(1, std::memory_order_relaxed); }
  void remove_from_set() noexcept { in_set_.fetch_sub(1, std::memory_order_relaxed); }

  /// Whether the next wait should be made in the set.
  bool prefers_set() noexcept {
    auto const how = sets_are_used.load(std::memory_order_relaxed);
    if (how != use_of_sets::adaptive) return how == use_of_sets::always;
    return connections_.load(std::memory_order_relaxed) >= least_connections && is_cheaper();
  }

  /// After an iteration of the loop in which `ready` waits in the set have completed, or need not be made.
  void observe(std::size_t ready) noexcept {
    if (!in_use_.load(std::memory_order_relaxed)) return;
    auto const members = std::max(in_set_.load(std::memory_order_relaxed), least_connections);
    auto const moves = calls_of_a_move * static_cast<std::ptrdiff_t>(members);
    saved_ = std::clamp(saved_ + static_cast<std::ptrdiff_t>(ready) - calls_of_an_iteration, -moves, moves);
    if (saved_ == moves) try_after_ = first_try;
    if (saved_ > -moves) return;
    saved_ = 0;
    give_up();
  }

  /// The set could not take a connection: there is no descriptor for it, or no memory.
  void refuse() noexcept { give_up(); }

  /// From now on the reactor is preferred: several threads run the loop, and Asio distributes their handlers
  /// better.
  void prefer_reactor() noexcept {
    never_again_ = true;
    in_use_ = false;
  }

 private:
  // Prefers the reactor, until the set is tried again after twice as many waits as the last time.
  void give_up() noexcept {
    auto const members = std::max(in_set_.load(std::memory_order_relaxed), least_connections);
    try_after_ = std::max(std::min(try_after_.load() * 2, last_try), 8 * members);
    in_use_ = false;
  }

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

  std::atomic<std::size_t> connections_{0}, in_set_{0};
  std::atomic<bool> in_use_{false}, never_again_{false};
  std::atomic<std::size_t> waits_in_reactor_{0}, try_after_{first_try};
  std::ptrdiff_t saved_ = 0;  // calls, by waiting in the set
};

}  // namespace detail
}  // namespace trivium
