// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A socket with an executor and a mode: what the async way needs, and the other two accept; and an Asio
// stream.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/compose.hpp>
#include <trivium/asio_stream.hpp>
#include <trivium/attached_socket.hpp>
#include <trivium/rebound.hpp>
#include <trivium/teardown.hpp>

namespace trivium {

/// A connected socket with an executor and a mode: see attached_socket for what becomes of operations under
/// way when it is destroyed, moved from or closed. Move-only.
///
///     trivium::stream there{std::move(peer), io.get_executor()};
///
/// Its mode: see mode. As an Asio stream: see asio_stream.
///
/// Threads: as for socket; asynchronous operations are started by one thread at a time (its strand).
class stream : public attached_socket, public asio_stream<stream> {
 public:
  using lowest_layer_type = stream;  // for asio::ssl::stream
  template <class Executor>
  struct rebind_executor {
    using other = rebound<stream, Executor>;
  };

  stream(socket of, executor_type executor) noexcept : attached_socket{std::move(of), std::move(executor)} {}

  /// Takes a connected Asio socket over, and its executor. Throws boost::system::system_error if it is closed
  /// or its operations under way cannot be cancelled.
  template <class Protocol, class Executor>
  explicit stream(boost::asio::basic_stream_socket<Protocol, Executor> from)
      : attached_socket{socket{from.release()}, from.get_executor()} {}

  using asio_stream::final_after_write_limit;
  using attached_socket::close;
  using attached_socket::release;
  using attached_socket::remote_endpoint;

  /// Ends our sending (the peer sees the end of the file), our receiving, or both; see shutdown(2).
  void shutdown(boost::asio::socket_base::shutdown_type what, error_code& error) noexcept;
  void shutdown(boost::asio::socket_base::shutdown_type what) {
    error_code error;
    shutdown(what, error);
    throw_if(error);
  }

  lowest_layer_type& lowest_layer() noexcept { return *this; }
  lowest_layer_type const& lowest_layer() const noexcept { return *this; }

  // What boost::beast::websocket asks of a socket.
  friend void teardown(boost::beast::role_type as, stream& of, error_code& error) {
    tearing_down<stream>{as, of}(error);
  }
  template <class Handler>
  friend void async_teardown(boost::beast::role_type as, stream& of, Handler&& handler) {
    boost::asio::async_compose<Handler, void(error_code)>(tearing_down<stream>{as, of}, handler, of);
  }
  friend void beast_close_socket(stream& of) { of.close(); }

  /// Whether a receive does better to begin with a wait. A request's answer has seldom come when it is asked
  /// for; where the last receive found nothing at first, the next one saves that attempt, but for every
  /// eighth, which finds out whether that has changed.
  bool expects_to_wait() noexcept { return found_nothing_ && ++unasked_ % 8 != 0; }
  /// What a transfer came to.
  void learn(transfer_result const& received, transfer::direction of) noexcept {
    if (of == transfer::direction::send || received.calls == 0) return;
    if (received.would_blocks != 0)
      found_nothing_ = true;
    else if (received.waits == 0)
      found_nothing_ = false;
  }

 private:
  bool found_nothing_ = false;
  unsigned char unasked_ = 0;
};

}  // namespace trivium
