// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What has ended already is told when the handler that started it has returned, and before the loop turns.
//
// Asio's scheduler asks epoll after every handler that was posted to it, so that a chain of operations which
// need no wait pays a system call for each.
#pragma once

#include <trivium/config.hpp>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <trivium/payload.hpp>
#include <utility>

namespace trivium::async {

/// The event loop gets its turn after so many bytes, be they one operation's or of several told in a row.
inline constexpr std::size_t budget = step_max;

/// While it lives, in the thread that made it: an operation that ends without a wait, started by the handler
/// of another one on `loop`, is told when that handler has returned.
///
///     boost::asio::io_context io{1};
///     trivium::async::trampoline here{io};
///     io.run();
///
/// A reactor's loops have it. No handler is called inside the initiating call or inside another handler, and
/// after `in_a_row` of them, or `budget` bytes, the loop has its turn. What it changes: run_one() and
/// poll_one() count them as one; and a handler that itself runs the loop does not see the end of what it has
/// started (as it would not with asio::defer). The handlers that it runs are told as without a trampoline.
///
/// Threads: for a loop that one thread runs. Where several do, a handler that works on after it has started
/// an operation keeps that one's handler waiting, though another thread were free. Several in one thread are
/// destroyed in the reverse order.
class [[nodiscard]] trampoline {
 public:
  /// A sixteenth of a system call is little beside the cheapest send.
  static constexpr std::size_t in_a_row = 16;

  explicit trampoline(boost::asio::io_context& loop) noexcept
      : loop_{&loop}, outer_{std::exchange(of_this_thread_, this)} {}
  ~trampoline() { of_this_thread_ = outer_; }
  trampoline(trampoline const&) = delete;
  trampoline& operator=(trampoline const&) = delete;

  /// Whether this thread has one: else there is nothing to ask it for.
  static bool any() noexcept { return of_this_thread_ != nullptr; }

  /// An operation that has ended, and what tells its handler: in place, or by a post to the loop.
  enum class telling { in_place, posted };
  struct entry {
    void* operation;
    void (*tell)(void* operation, telling how);
  };

  /// Takes over to tell `what`, which moved `bytes` and whose handler is for the loop `on`; or does not.
  static bool take(boost::asio::io_context const* on, std::size_t bytes, entry const& what) noexcept {
    auto* const here = of_this_thread_;
    if (here == nullptr || here->depth_ != 1 || here->loop_ != on) return false;
    if (here->last_ == in_a_row || here->bytes_left_ < bytes) return false;
    here->bytes_left_ -= bytes;
    here->taken_[here->last_++] = what;
    return true;
  }

  /// While it lives a handler for the loop `on` is called, of an operation that moved `bytes`; what that
  /// handler starts and ends at once is told by `tell_rest`, or else posted: where the handler throws, or
  /// stops the loop.
  class handler_call {
   public:
    handler_call(boost::asio::io_context const* on, std::size_t bytes) noexcept {
      auto* const here = of_this_thread_;
      if (here == nullptr || here->loop_ != on || std::exchange(here->telling_, false)) return;
      on_ = here;
      if (++here->depth_ != 1) return;
      here->first_ = here->last_ = 0;
      here->bytes_left_ = budget - std::min(budget, bytes);
    }
    handler_call(handler_call const&) = delete;
    handler_call& operator=(handler_call const&) = delete;
    ~handler_call() {
      if (on_ == nullptr || --on_->depth_ != 0) return;
      while (!on_->told()) on_->tell_next(telling::posted);
    }

    void tell_rest() {
      if (on_ == nullptr || on_->depth_ != 1) return;
      while (!on_->told() && !on_->loop_->stopped()) {
        on_->telling_ = true;
        on_->tell_next(telling::in_place);
        on_->telling_ = false;  // also where another thread has the operation
      }
    }

   private:
    trampoline* on_ = nullptr;
  };

 private:
  bool told() const noexcept { return first_ == last_; }
  void tell_next(telling how) {
    auto const next = taken_[first_++];
    next.tell(next.operation, how);
  }

  inline static constinit thread_local trampoline* of_this_thread_ = nullptr;

  boost::asio::io_context* loop_;
  trampoline* outer_;
  unsigned depth_ = 0;    // handlers called, within one another where one runs the loop
  bool telling_ = false;  // the handler that is called next belongs to the row
  std::size_t bytes_left_ = 0;
  std::size_t first_ = 0, last_ = 0;
  std::array<entry, in_a_row> taken_;  // of which those from first_ to last_ are yet to be told
};

}  // namespace trivium::async
