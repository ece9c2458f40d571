// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A wait of an asynchronous transfer for another descriptor than the connection's: where its source has no
// data, or its sink no room.
#pragma once

#include <trivium/config.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/system/system_error.hpp>
#include <trivium/detail/async/registration.hpp>
#include <trivium/error.hpp>
#include <trivium/socket.hpp>
#include <utility>

namespace TRIVIUM_EXPORT trivium {
namespace detail {

/// A descriptor that belongs to somebody else, in the reactor. It is duplicated, because epoll(7) takes a
/// descriptor once, and its owner may have registered it: it may be another connection of the same loop.
///
/// Threads: one at a time.
class foreign_registration {
 public:
  foreign_registration() noexcept = default;
  ~foreign_registration() { leave(); }
  foreign_registration(foreign_registration const&) = delete;
  foreign_registration& operator=(foreign_registration const&) = delete;

  /// Registers `descriptor`, if that is not the one that is registered. Throws system_error: EBADF, EMFILE.
  void enter(int descriptor, boost::asio::any_io_executor const& executor) {
    if (registration_ && descriptor == of_) return;
    leave();
    duplicate_ = duplicated(descriptor).value();
    error_code error;
    registration_ = registration::of(duplicate_.native_handle(), executor, error);
    if (error) throw boost::system::system_error{error};
    of_ = descriptor;
  }
  /// A wait: completes with void(error_code) when the descriptor is ready, with operation_aborted after
  /// `leave`, or with EOPNOTSUPP for a file, which is always ready. Requires: it was entered.
  template <class Handler>
  void async_wait(readiness until, Handler handler) {
    until_ = until;
    registration_->async_wait(until == readiness::writable ? boost::asio::socket_base::wait_write
                                                           : boost::asio::socket_base::wait_read,
                              std::move(handler));
  }
  /// Whether the wait that was started last is this one.
  bool waits_for(interest const& what) const noexcept {
    return registration_ && what.descriptor == of_ && what.until == until_;
  }
  /// Cancels the wait, and deregisters the descriptor.
  void leave() noexcept {
    if (registration_) std::exchange(registration_, registration::reference{})->end();
    duplicate_.close();
  }

 private:
  socket duplicate_;
  registration::reference registration_;
  int of_ = -1;
  readiness until_ = readiness::none;
};

}  // namespace detail
}  // namespace trivium
