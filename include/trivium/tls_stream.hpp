// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A TLS session with an executor and a mode: what the async way needs, and the other two accept; and an Asio
// stream.
#pragma once

#include <boost/asio/compose.hpp>
#include <trivium/asio_stream.hpp>
#include <trivium/readiness.hpp>
#include <trivium/teardown.hpp>
#include <trivium/tls_session.hpp>

namespace trivium {

/// To tls_session what stream is to socket: it owns it, and has a place in the executor's reactor from the
/// first asynchronous wait on. Move-only; not moved or destroyed while an operation is under way. Closed, it
/// ends what is under way with errc::stopped.
///
///     trivium::tls_stream there{tls_session{std::move(peer), trusted, "example.org"}, io.get_executor()};
///
/// Its mode: see mode. As an Asio stream: see asio_stream. A limit may end any of its operations and the next
/// goes on, also a write, which would break an asio::ssl::stream. A write that has succeeded may have left
/// something held back in the session, which the next operation sends: the last one is `finish`.
///
/// Threads: as for tls_session; asynchronous operations are started by one thread at a time (its strand).
class tls_stream : public tls_session, public asio_stream<tls_stream> {
 public:
  using executor_type = boost::asio::any_io_executor;

  tls_stream(tls_session of, executor_type executor) noexcept
      : tls_session{std::move(of)}, place_{std::move(executor)} {}
  tls_stream(tls_stream&&) = default;
  tls_stream& operator=(tls_stream&& from) {
    if (this == &from) return *this;
    close();
    place_ = std::move(from.place_);
    tls_session::operator=(std::move(from));
    asio_stream::operator=(std::move(from));
    return *this;
  }

  executor_type const& get_executor() noexcept { return place_.get_executor(); }

  /// Ends the waits under way, leaves the reactor, and gives the session back.
  tls_session release() noexcept {
    place_.leave();
    return static_cast<tls_session&&>(*this);
  }
  void close() noexcept {
    place_.leave();
    tls_session::close();
  }

  /// Completes when its socket is readable or writable, or with operation_aborted after close:
  /// void(error_code), as an Asio socket's. What has arrived already may wait in the session.
  template <class Token>
  auto async_wait(boost::asio::socket_base::wait_type until, Token&& token) {
    return place_.async_wait(*this, until, std::forward<Token>(token));
  }

  // What boost::beast::websocket asks of a stream.
  friend void teardown(boost::beast::role_type as, tls_stream& of, error_code& error) {
    tearing_down<tls_stream>{as, of}(error);
  }
  template <class Handler>
  friend void async_teardown(boost::beast::role_type as, tls_stream& of, Handler&& handler) {
    boost::asio::async_compose<Handler, void(error_code)>(tearing_down<tls_stream>{as, of}, handler, of);
  }
  friend void beast_close_socket(tls_stream& of) { of.close(); }

 private:
  reactor_place place_;  // after the session, so that it is left before the descriptor is closed
};

}  // namespace trivium
