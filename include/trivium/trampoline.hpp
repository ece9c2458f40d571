// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Runs the handlers of operations that completed without waiting as soon as the current handler returns,
// without an iteration of the event loop.
//
// Asio's scheduler calls epoll after every handler that was posted to it. So a chain of operations that need
// no wait would make one system call for each operation.
#pragma once

#include <trivium/config.hpp>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <trivium/payload.hpp>
#include <utility>

namespace trivium::async {

/// After so many bytes, transferred by one operation or by several whose handlers run in succession, other
/// handlers of the event loop run.
inline constexpr std::size_t budget = loop_budget;

/// While a trampoline exists, in the thread that created it: if a handler on `loop` starts an operation that
/// completes without waiting, the operation's handler is invoked as soon as the running handler has returned.
///
///     boost::asio::io_context io{1};
///     trivium::async::trampoline here{io};
///     io.run();
///
/// The loops of a reactor have one. No handler is invoked inside the initiating function or inside another
/// handler. After `in_a_row` handlers, or `budget` bytes, the next completion is posted, so that other
/// handlers run.
///
/// What it changes: run_one() and poll_one() count these handlers as one. A handler that itself runs the loop
/// does not see the completion of what it has started (as it would not with asio::defer), nor of operations
/// on other connections that became ready together with its own. Operations that are started by handlers of
/// such a nested run are posted, as without a trampoline.
///
/// Lifetime: several trampolines in one thread must be destroyed in the reverse order.
///
/// Threads: for a loop that is run by one thread. If several threads run the loop, a handler that continues
/// after it has started an operation delays that operation's handler, even if another thread is idle.
class [[nodiscard]] trampoline {
 public:
  /// One system call for 16 operations is a small cost compared to the cheapest send.
  static constexpr std::size_t in_a_row = 16;

  /// Installs it in this thread, for `loop`.
  explicit trampoline(boost::asio::io_context& loop) noexcept
      : loop_{&loop}, outer_{std::exchange(of_this_thread_, this)} {}
  ~trampoline() { of_this_thread_ = outer_; }
  trampoline(trampoline const&) = delete;
  trampoline& operator=(trampoline const&) = delete;

  /// Whether a trampoline is installed in this thread, and for that loop.
  static bool any() noexcept { return of_this_thread_ != nullptr; }
  static bool installed_for(boost::asio::io_context const& loop) noexcept {
    return any() && of_this_thread_->loop_ == &loop;
  }

  /// A completed operation, and the function that invokes its handler, in place or by a post to the loop.
  enum class invocation { in_place, posted };
  struct entry {
    void* operation;
    void (*invoke)(void* operation, invocation how);
  };

  /// Queues the completion of an operation that transferred `bytes`, and whose handler runs on the loop `on`.
  /// Returns false if the caller has to post it.
  static bool take(boost::asio::io_context const* on, std::size_t bytes, entry const& what) noexcept {
    auto* const here = of_this_thread_;
    if (here == nullptr || here->depth_ != 1 || here->loop_ != on) return false;
    if (here->last_ == in_a_row || here->bytes_left_ < bytes) return false;
    here->bytes_left_ -= bytes;
    here->taken_[here->last_++] = what;
    return true;
  }

  /// Exists while the handler of an operation that transferred `bytes` is invoked on the loop `on`.
  /// `invoke_queued` invokes the queued handlers: those of the operations that this handler started and that
  /// have completed. If the handler throws, or stops the loop, the destructor posts them instead.
  class handler_call {
   public:
    handler_call(boost::asio::io_context const* on, std::size_t bytes) noexcept {
      auto* const here = of_this_thread_;
      if (here == nullptr || here->loop_ != on || std::exchange(here->invoking_queued_, false)) return;
      on_ = here;
      if (++here->depth_ != 1) return;
      here->first_ = here->last_ = 0;
      here->bytes_left_ = budget - std::min(budget, bytes);
    }
    handler_call(handler_call const&) = delete;
    handler_call& operator=(handler_call const&) = delete;
    ~handler_call() {
      if (on_ == nullptr || --on_->depth_ != 0) return;
      while (!on_->empty()) on_->invoke_next(invocation::posted);
    }

    void invoke_queued() {
      if (on_ == nullptr || on_->depth_ != 1) return;
      while (!on_->empty() && !on_->loop_->stopped()) {
        on_->invoking_queued_ = true;
        on_->invoke_next(invocation::in_place);
        on_->invoking_queued_ = false;  // no handler_call has reset it if another thread runs the operation
      }
    }

   private:
    trampoline* on_ = nullptr;
  };

 private:
  bool empty() const noexcept { return first_ == last_; }
  void invoke_next(invocation how) {
    auto const next = taken_[first_++];
    next.invoke(next.operation, how);
  }

  inline static constinit thread_local trampoline* of_this_thread_ = nullptr;

  boost::asio::io_context* loop_;
  trampoline* outer_;
  unsigned depth_ = 0;            // nesting of the handlers invoked: more than 1 if a handler runs the loop
  bool invoking_queued_ = false;  // the handler that is invoked next was queued here
  std::size_t bytes_left_ = 0;
  std::size_t first_ = 0, last_ = 0;
  std::array<entry, in_a_row> taken_;  // those from first_ to last_ are queued
};

}  // namespace trivium::async
