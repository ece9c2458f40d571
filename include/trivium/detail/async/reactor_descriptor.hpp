// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A descriptor in the reactor of an execution context. This is the only file that passes a descriptor to
// Asio. Asio is used for waiting only: it never transfers a byte.
#pragma once

#include <trivium/config.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/socket_base.hpp>
#include <new>
#include <optional>
#include <trivium/detail/forks.hpp>
#include <trivium/error.hpp>
#include <utility>

namespace TRIVIUM_EXPORT trivium {
namespace detail {

/// A descriptor that is borrowed from its owner and waited for. While it is in the reactor it is O_NONBLOCK,
/// as Asio requires.
///
/// Threads: one at a time.
class reactor_descriptor {
 public:
  explicit reactor_descriptor(boost::asio::any_io_executor const& executor)
      : waits_{std::in_place, executor}, after_forks_{forks()} {}

  /// Adds the descriptor to the reactor. Throws system_error.
  void assign(int number) { waits_->assign(number); }
  bool is_assigned() const noexcept { return waits_ && waits_->is_open(); }

  /// Completes with void(error_code) when the descriptor is ready, or with operation_aborted after `cancel`
  /// or `leave`. Requires: is_assigned().
  template <class Handler>
  void async_wait(boost::asio::socket_base::wait_type until, Handler handler) {
    waits_->async_wait(static_cast<boost::asio::posix::descriptor_base::wait_type>(until),
                       std::move(handler));
  }

  void cancel() noexcept {
    error_code ignored;
    if (waits_) waits_->cancel(ignored);
  }

  /// Removes the descriptor from the reactor, without closing it. `adopted_after_forks`: the process for
  /// which the context was made, or has been adopted by notify_fork. In a child that has not called
  /// notify_fork, the epoll set is the parent's: there the descriptor is hidden while Asio deregisters it;
  /// see hidden_descriptor.
  void leave(unsigned adopted_after_forks) noexcept {
    if (!is_assigned()) return;
    if (forks() == after_forks_ || forks() == adopted_after_forks) {
      waits_->release();
    } else {
      hidden_descriptor const hides{waits_->native_handle()};
      if (hides.hidden())
        waits_->release();
      else  // Leak it: Asio would remove the parent's registration.
        static_cast<void>(new (std::nothrow) descriptor{std::move(*waits_)});
    }
  }

  /// The executor of the reactor. Requires: `forget_executor` has not been called.
  boost::asio::any_io_executor const& get_executor() noexcept { return waits_->get_executor(); }
  /// Called when the executor's context is about to be destroyed. Requires: it has left.
  void forget_executor() noexcept { waits_.reset(); }

 private:
  using descriptor = boost::asio::posix::stream_descriptor;

  std::optional<descriptor> waits_;
  unsigned const after_forks_;
};

}  // namespace detail
}  // namespace trivium
