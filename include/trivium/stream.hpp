// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A socket with an executor: what the async way needs, and the other two accept.
#pragma once

#include <boost/asio/async_result.hpp>
#include <trivium/readiness.hpp>
#include <trivium/socket.hpp>
#include <trivium/transfer.hpp>

namespace trivium {

/// Owns its socket, and a place in the executor's reactor from the first asynchronous wait on. Move-only; not
/// moved or destroyed while an operation is under way. Closed, it ends what is under way with errc::stopped.
///
/// Threads: as for socket; asynchronous operations are started by one thread at a time (its strand).
class stream {
 public:
  using executor_type = boost::asio::any_io_executor;

  stream(socket of, executor_type executor) noexcept : socket_{std::move(of)}, place_{std::move(executor)} {}
  stream(stream&&) = default;
  stream& operator=(stream&& from) {
    close();
    place_ = std::move(from.place_);
    socket_ = std::move(from.socket_);
    return *this;
  }

  executor_type get_executor() noexcept { return place_.get_executor(); }
  int native_handle() const noexcept { return socket_.native_handle(); }
  bool is_open() const noexcept { return socket_.is_open(); }

  /// Ends the waits under way, leaves the reactor, and gives the socket back.
  socket release() noexcept {
    place_.leave();
    return std::move(socket_);
  }
  void close() noexcept { release().close(); }

  result<endpoint> local_endpoint() const { return socket_.local_endpoint(); }
  result<endpoint> remote_endpoint() const { return socket_.remote_endpoint(); }
  template <class Option>
  error_code set_option(Option const& option) noexcept {
    return socket_.set_option(option);
  }
  template <class Option>
  error_code get_option(Option& option) const noexcept {
    return socket_.get_option(option);
  }

  /// Whether a receive does better to begin with a wait. A request's answer has seldom come when it is asked
  /// for; where the last receive found nothing at first, the next one saves that attempt, but for every
  /// eighth, which finds out whether that has changed.
  bool expects_to_wait(transfer& operation) noexcept {
    bool const receives = operation.moves_to() == transfer::direction::receive;
    if (!receives || !found_nothing_ || ++unasked_ % 8 == 0) return false;
    return operation.expect({native_handle(), wants::direction::readable});
  }
  void learn(transfer const& ended) noexcept {
    if (ended.moves_to() != transfer::direction::receive || ended.result().calls == 0) return;
    if (ended.result().would_blocks != 0)
      found_nothing_ = true;
    else if (ended.result().waits == 0)
      found_nothing_ = false;
  }

  /// Completes when it is readable or writable: void(error_code), as an Asio socket's.
  template <class Token>
  auto async_wait(boost::asio::socket_base::wait_type until, Token&& token) {
    return boost::asio::async_initiate<Token, void(error_code)>(
        [](auto handler, stream* self, boost::asio::socket_base::wait_type for_what) {
          self->place_.async_wait(self->native_handle(), for_what, std::move(handler));
        },
        token, this, until);
  }

 private:
  socket socket_;
  bool found_nothing_ = false;
  unsigned char unasked_ = 0;
  reactor_place place_;  // after the socket, so that it is left before the descriptor is closed
};

}  // namespace trivium
