// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A TLS session with an executor and a mode, and an Asio stream. The async way needs one; the other two ways
// accept it.
#pragma once

#include <trivium/config.hpp>

#include <boost/asio/compose.hpp>
#include <trivium/asio_stream.hpp>
#include <trivium/detail/async/readiness.hpp>
#include <trivium/detail/rebound.hpp>
#include <trivium/detail/teardown.hpp>
#include <trivium/tls/session.hpp>

namespace TRIVIUM_EXPORT trivium {

/// To tls_session what stream is to socket: it owns the session, and is registered with the executor's
/// reactor from the first asynchronous wait on. Move-only. When it is destroyed, moved from or closed, its
/// outstanding operations end with errc::stopped.
///
///     trivium::tls_stream there{tls_session{std::move(peer), trusted, "example.org"}, io.get_executor()};
///
/// Its mode: see mode. As an Asio stream: see asio_stream. A limit may end any of its operations, and the
/// next one goes on. That holds for a write too, which would break an asio::ssl::stream. A write that has
/// succeeded may have left output pending in the session, which the next operation sends: the last one is
/// `finish`.
///
/// Threads: as for tls_session; asynchronous operations are started by one thread at a time (its strand).
class tls_stream : public tls_session, public asio_stream<tls_stream> {
 public:
  /// The type of its executor.
  using executor_type = boost::asio::any_io_executor;
  /// The stream with another executor type, as Asio's default completion tokens require.
  template <class Executor>
  struct rebind_executor {
    using other = detail::rebound<tls_stream, Executor>;
  };

  /// Throws bad_executor, as Asio does, if the executor is empty.
  tls_stream(tls_session of, executor_type executor)
      : tls_session{std::move(of)}, executor_{std::move(executor)} {
    static_cast<void>(detail::context_of(executor_));
  }
  tls_stream(tls_stream&& from) noexcept
      : tls_session{static_cast<tls_session&&>(from)},
        asio_stream{std::move(from)},
        executor_{from.executor_},
        room_{std::move(from.room_)} {}
  tls_stream& operator=(tls_stream&& from) noexcept {
    if (this == &from) return *this;
    tls_session::operator=(static_cast<tls_session&&>(from));
    asio_stream::operator=(std::move(from));
    executor_ = from.executor_;
    return *this;
  }

  /// The executor that it was made with.
  executor_type const& get_executor() noexcept { return executor_; }

  using asio_stream::receive;
  using asio_stream::send;
  using tls_session::receive;
  using tls_session::send;

  /// Ends the outstanding operations, and returns the session.
  tls_session release() noexcept { return std::move(*this); }

  /// Completes when its socket is readable or writable, or with operation_aborted after `cancel` and when it
  /// loses its descriptor. Completion signature: void(error_code), as an Asio socket's. Bytes that have
  /// already arrived may be buffered in the session.
  template <class Token = boost::asio::default_completion_token_t<executor_type>>
  auto async_wait(boost::asio::socket_base::wait_type until, Token&& token = Token{}) {
    return detail::wait_until_ready(*this, until, std::forward<Token>(token));
  }

  /// Ends the outstanding asynchronous operations with errc::stopped, and waits with operation_aborted.
  void cancel() noexcept {
    if (is_open()) detail::cancel_registrations(below());
  }

  /// The same as trivium::as_asio_error, and ssl::error::stream_truncated for an end without close_notify:
  /// the errors that its own calls report.
  static error_code as_asio_error(error_code error) noexcept;

  /// What boost::beast::websocket requires of a stream.
  friend void teardown(boost::beast::role_type as, tls_stream& of, error_code& error) {
    detail::tearing_down<tls_stream>{as, of}(error);
  }
  template <class Handler>
  friend void async_teardown(boost::beast::role_type as, tls_stream& of, Handler&& handler) {
    boost::asio::async_compose<Handler, void(error_code)>(detail::tearing_down<tls_stream>{as, of}, handler,
                                                          of);
  }
  friend void beast_close_socket(tls_stream& of) { of.close(); }

 private:
  // One attempt each, for the verbs, which call them on the channel: trivium::blocking::handshake(stream).
  using tls_session::end;
  using tls_session::handshake;

  friend detail::registration::room& registration_room(tls_stream& of) noexcept { return of.room_; }

  executor_type executor_;
  detail::registration::room room_;
};

}  // namespace trivium
