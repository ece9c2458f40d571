// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A socket and its place in an executor's reactor: what a stream and a listener have in common.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/socket_base.hpp>
#include <trivium/readiness.hpp>
#include <trivium/socket.hpp>
#include <utility>

namespace trivium {

/// Owns its socket, and a place in the executor's reactor from the first asynchronous wait on. Move-only; not
/// moved or destroyed while an operation is under way.
class attached_socket {
 public:
  using executor_type = boost::asio::any_io_executor;

  executor_type const& get_executor() noexcept { return place_.get_executor(); }
  int native_handle() const noexcept { return socket_.native_handle(); }
  bool is_open() const noexcept { return socket_.is_open(); }

  result<endpoint> local_endpoint() const { return socket_.local_endpoint(); }

  /// Any of Asio's socket options: see socket.
  template <class Option>
  error_code set_option(Option const& option) noexcept {
    return socket_.set_option(option);
  }
  template <class Option>
  error_code get_option(Option& option) const noexcept {
    return socket_.get_option(option);
  }

  /// Completes when it is readable (one that listens: when somebody calls) or writable, or with
  /// operation_aborted after close: void(error_code), as an Asio socket's.
  template <class Token>
  auto async_wait(boost::asio::socket_base::wait_type until, Token&& token) {
    return place_.async_wait(*this, until, std::forward<Token>(token));
  }

 protected:
  attached_socket(socket of, executor_type executor) noexcept
      : socket_{std::move(of)}, place_{std::move(executor)} {}
  attached_socket(attached_socket&&) = default;
  attached_socket& operator=(attached_socket&& from) {
    if (this == &from) return *this;
    close();
    place_ = std::move(from.place_);
    socket_ = std::move(from.socket_);
    return *this;
  }
  ~attached_socket() = default;

  result<endpoint> remote_endpoint() const { return socket_.remote_endpoint(); }

  /// Ends the waits under way, leaves the reactor, and gives the socket back.
  socket release() noexcept {
    place_.leave();
    return std::move(socket_);
  }
  void close() noexcept { release().close(); }

 private:
  socket socket_;
  reactor_place place_;  // after the socket, so that it is left before the descriptor is closed
};

}  // namespace trivium
