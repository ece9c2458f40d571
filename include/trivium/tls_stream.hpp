// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A TLS session with an executor: what the async way needs, and the other two accept.
#pragma once

#include <boost/asio/async_result.hpp>
#include <trivium/readiness.hpp>
#include <trivium/tls_session.hpp>

namespace trivium {

/// To tls_session what stream is to socket: it owns it, and has a place in the executor's reactor from the
/// first asynchronous wait on. Move-only; not moved or destroyed while an operation is under way. Closed, it
/// ends what is under way with errc::stopped.
///
/// Threads: as for tls_session; asynchronous operations are started by one thread at a time (its strand).
class tls_stream : public tls_session {
 public:
  using executor_type = boost::asio::any_io_executor;

  tls_stream(tls_session of, executor_type executor) noexcept
      : tls_session{std::move(of)}, place_{std::move(executor)} {}
  tls_stream(tls_stream&&) = default;
  tls_stream& operator=(tls_stream&& from) {
    close();
    place_ = std::move(from.place_);
    static_cast<tls_session&>(*this) = std::move(from);
    return *this;
  }

  executor_type get_executor() noexcept { return place_.get_executor(); }

  /// Ends the waits under way, leaves the reactor, and gives the session back.
  tls_session release() noexcept {
    place_.leave();
    return static_cast<tls_session&&>(*this);
  }
  void close() noexcept {
    place_.leave();
    tls_session::close();
  }

  /// Completes when its socket is readable or writable: void(error_code), as an Asio socket's. What has
  /// arrived already may wait in the session.
  template <class Token>
  auto async_wait(boost::asio::socket_base::wait_type until, Token&& token) {
    return boost::asio::async_initiate<Token, void(error_code)>(
        [](auto handler, tls_stream* self, boost::asio::socket_base::wait_type for_what) {
          self->place_.async_wait(self->native_handle(), for_what, std::move(handler));
        },
        token, this, until);
  }

 private:
  reactor_place place_;  // after the session, so that it is left before the descriptor is closed
};

}  // namespace trivium
