// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A connected socket with an executor and a mode. The async way requires one, the other two ways accept it.
// It is also a stream of Asio's concepts.
#pragma once

#include <trivium/config.hpp>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <trivium/asio_stream.hpp>
#include <trivium/detail/attached_socket.hpp>
#include <trivium/detail/connecting_here.hpp>
#include <trivium/detail/rebound.hpp>
#include <trivium/detail/teardown.hpp>
#include <trivium/operations/connecting.hpp>

namespace TRIVIUM_EXPORT trivium {

/// A connected socket with an executor and a mode. Move-only.
///
///     trivium::stream there{std::move(peer), io.get_executor()};
///
/// Effect: for the mode, see mode; for Asio's stream concepts, see asio_stream.
///
/// Lifetime, cancellation: to destroy, move from or close it cancels its outstanding operations; see
/// attached_socket.
///
/// Threads: as for socket. Asynchronous operations are initiated by one thread at a time (in its strand).
class stream : public detail::attached_socket, public asio_stream<stream> {
 public:
  /// Required by asio::ssl::stream.
  using lowest_layer_type = stream;
  /// The stream with another executor type, as Asio's default completion tokens require.
  template <class Executor>
  struct rebind_executor {
    using other = detail::rebound<stream, Executor>;
  };

  /// Throws bad_executor, as Asio does, if the executor is empty.
  stream(trivium::socket of, executor_type executor) : attached_socket{std::move(of), std::move(executor)} {}

  /// Constructs a stream that is not open. `connect` opens it.
  explicit stream(executor_type executor) : attached_socket{trivium::socket{}, std::move(executor)} {}
  template <class Context>
  requires std::is_convertible_v<Context&, boost::asio::execution_context&>
  explicit stream(Context& of) : stream{of.get_executor()} {}

  /// Takes over a connected Asio socket and its executor. From a closed socket, as an accept passes to its
  /// handler with an error, it constructs a closed stream. Throws boost::system::system_error if the socket's
  /// outstanding operations cannot be cancelled.
  template <class Protocol, class Executor>
  stream(boost::asio::basic_stream_socket<Protocol, Executor> from)
      : attached_socket{from.is_open() ? trivium::socket{from.release()} : trivium::socket{},
                        from.get_executor()} {}

  using asio_stream::final_after_write_limit;
  using attached_socket::release;
  using attached_socket::remote_endpoint;

  /// Closes the stream and cancels its outstanding operations.
  void close() noexcept { attached_socket::close(); }
  void close(error_code& error) noexcept {
    close();
    error = {};
  }

  /// Shuts down the sending (the peer then receives the end of the stream), the receiving, or both; see
  /// shutdown(2).
  void shutdown(shutdown_type what, error_code& error) noexcept { error = underlying().shutdown(what); }
  void shutdown(shutdown_type what) {
    throw_if([&](error_code& error) { shutdown(what, error); });
  }

  /// The number of bytes that can be received without waiting.
  std::size_t available(error_code& error) const noexcept {
    auto const bytes = underlying().available();
    error = bytes ? error_code{} : bytes.error();
    return bytes ? *bytes : 0;
  }
  std::size_t available() const {
    return throw_if([&](error_code& error) { return available(error); });
  }

  /// Blocks until the stream is readable or writable, with the limits of the mode. Errors: those of the
  /// mode's limits; operation_not_supported for wait_error.
  void wait(wait_type until, error_code& error) {
    if (until == wait_error) {
      error = boost::asio::error::operation_not_supported;
      return;
    }
    waiting operation{*this, until == wait_write ? readiness::writable : readiness::readable, own()};
    error = as_asio_error(blocking::complete(operation).error);
  }
  void wait(wait_type until) {
    throw_if([&](error_code& error) { wait(until, error); });
  }

  /// Connects to an endpoint, with the limits of the mode. Opens the socket if it is not open. To connect to
  /// a host name with several addresses a new program calls blocking::connect, which tries them concurrently.
  void connect(endpoint const& to, error_code& error) {
    open_for(to, error);
    if (error) return;
    connecting_open operation{*this, to, own()};
    error = as_asio_error(blocking::complete(operation).error);
  }
  void connect(endpoint const& to) {
    throw_if([&](error_code& error) { connect(to, error); });
  }
  /// Connects to the first endpoint of a resolver's `results`, or of a range of endpoints, that accepts the
  /// connection. The endpoints are tried one after the other, each with a new socket. Returns that endpoint.
  /// Errors: that of the last attempt; asio::error::not_found if the range is empty.
  template <endpoint_range Results>
  endpoint_of<Results> connect(Results const& results, error_code& error) {
    error = boost::asio::error::not_found;
    for (auto const& each : results) {
      endpoint_of<Results> const where = each;
      close();
      connect(where, error);
      if (!error) return where;
      if (error == errc::stopped || error == errc::timed_out) break;
    }
    return {};
  }
  template <endpoint_range Results>
  endpoint_of<Results> connect(Results const& results) {
    return throw_if([&](error_code& error) { return connect(results, error); });
  }

  /// Asynchronous. Completion signature: void(error_code) for an endpoint, void(error_code, endpoint) for a
  /// range, with the range's endpoint type. Errors: operation_aborted if the stream is closed.
  template <class Token = boost::asio::default_completion_token_t<executor_type>>
  auto async_connect(endpoint const& to, Token&& token = Token{}) {
    return boost::asio::async_compose<Token, void(error_code)>(detail::connecting_here<stream>{*this, to},
                                                               token, *this);
  }
  template <endpoint_range Results, class Token = boost::asio::default_completion_token_t<executor_type>>
  auto async_connect(Results const& results, Token&& token = Token{}) {
    return boost::asio::async_compose<Token, void(error_code, endpoint_of<Results>)>(
        detail::connecting_to_any<stream, endpoint_of<Results>>{*this, results}, token, *this);
  }

  /// Beast's names. `socket` returns the stream itself. `release_socket` moves the descriptor to an Asio TCP
  /// socket. Errors: throws address_family_not_supported if the socket is not of TCP.
  stream& socket() noexcept { return *this; }
  boost::asio::ip::tcp::socket release_socket() {
    auto const at = underlying().local_endpoint();
    auto const of = at && at->family() == AF_INET6 ? boost::asio::ip::tcp::v6() : boost::asio::ip::tcp::v4();
    if (!at || at->family() != of.family())
      throw boost::system::system_error{boost::asio::error::address_family_not_supported};
    boost::asio::ip::tcp::socket result{get_executor()};
    underlying().end_registrations();
    result.assign(of, native_handle());
    static_cast<void>(release().release());
    return result;
  }

  /// The stream itself. Required by asio::ssl::stream.
  lowest_layer_type& lowest_layer() noexcept { return *this; }
  lowest_layer_type const& lowest_layer() const noexcept { return *this; }

  /// Customization points of boost::beast::websocket.
  friend void teardown(boost::beast::role_type as, stream& of, error_code& error) {
    detail::tearing_down<stream>{as, of}(error);
  }
  template <class Handler>
  friend void async_teardown(boost::beast::role_type as, stream& of, Handler&& handler) {
    boost::asio::async_compose<Handler, void(error_code)>(detail::tearing_down<stream>{as, of}, handler, of);
  }
  friend void beast_close_socket(stream& of) { of.close(); }

 private:
  friend class detail::connecting_here<stream>;
  template <class Stream, class Endpoint>
  friend class detail::connecting_to_any;

  void open_for(endpoint const& to, error_code& error) noexcept {
    error = is_open() ? error_code{} : underlying().open(to.family());
  }

  // Whether the next receive should begin with a wait instead of an attempt. The response to a request has
  // rarely arrived when the receive is started. If the last receive found no data at first, beginning with a
  // wait saves the system call that would find none. Every eighth receive makes the attempt nevertheless, to
  // detect whether that has changed. (The call counts the receives.)
  //
  // In an interest set more is known.
  friend bool expects_to_wait(stream& of) noexcept {
    if (auto* const at = detail::registration::first_of(of.underlying()))
      if (auto const in_set = at->expects_to_wait()) return *in_set;
    return of.found_nothing_ && ++of.unasked_ % 8 != 0;
  }
  // Records the result of a transfer, for `expects_to_wait`.
  friend void on_transferred(stream& of, transfer_result const& moved, direction how) noexcept {
    if (how == direction::send || moved.calls == 0) return;
    if (moved.would_blocks != 0)
      of.found_nothing_ = true;
    else if (moved.waits == 0)
      of.found_nothing_ = false;
  }

  bool found_nothing_ = false;
  unsigned char unasked_ = 0;
};

}  // namespace trivium

// Overloads that programs call by their qualified names.
namespace boost::asio {

template <trivium::endpoint_range Results>
trivium::endpoint_of<Results> connect(trivium::stream& with, Results const& to) {
  return with.connect(to);
}
template <trivium::endpoint_range Results>
trivium::endpoint_of<Results> connect(trivium::stream& with, Results const& to,
                                      boost::system::error_code& error) {
  return with.connect(to, error);
}
template <trivium::endpoint_range Results,
          class Token = default_completion_token_t<trivium::stream::executor_type>>
auto async_connect(trivium::stream& with, Results const& to, Token&& token = Token{}) {
  return with.async_connect(to, std::forward<Token>(token));
}

}  // namespace boost::asio
