// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A socket with an executor and a mode: what the async way needs, and the other two accept; and an Asio
// stream.
#pragma once

#include <trivium/config.hpp>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <trivium/asio_stream.hpp>
#include <trivium/connecting.hpp>
#include <trivium/detail/attached_socket.hpp>
#include <trivium/detail/connecting_here.hpp>
#include <trivium/detail/rebound.hpp>
#include <trivium/detail/teardown.hpp>

namespace TRIVIUM_EXPORT trivium {

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

  /// Throws bad_executor, as Asio, if the executor is empty.
  stream(trivium::socket of, executor_type executor) : attached_socket{std::move(of), std::move(executor)} {}

  /// Not open yet: `connect` opens it.
  explicit stream(executor_type executor) : attached_socket{trivium::socket{}, std::move(executor)} {}
  template <class Context>
  requires std::is_convertible_v<Context&, boost::asio::execution_context&>
  explicit stream(Context& of) : stream{of.get_executor()} {}

  /// Takes a connected Asio socket over, and its executor; a closed one (as an accept hands out beside its
  /// error) gives a closed stream. Throws boost::system::system_error if its operations under way cannot be
  /// cancelled.
  template <class Protocol, class Executor>
  stream(boost::asio::basic_stream_socket<Protocol, Executor> from)
      : attached_socket{from.is_open() ? trivium::socket{from.release()} : trivium::socket{},
                        from.get_executor()} {}

  using asio_stream::final_after_write_limit;
  using attached_socket::release;
  using attached_socket::remote_endpoint;

  void close() noexcept { attached_socket::close(); }
  void close(error_code& error) noexcept {
    close();
    error = {};
  }

  /// Ends our sending (the peer sees the end of the file), our receiving, or both; see shutdown(2).
  void shutdown(shutdown_type what, error_code& error) noexcept { error = underlying().shutdown(what); }
  void shutdown(shutdown_type what) {
    throw_if([&](error_code& error) { shutdown(what, error); });
  }

  /// How many bytes can be received without waiting.
  std::size_t available(error_code& error) const noexcept {
    auto const bytes = underlying().available();
    error = bytes ? error_code{} : bytes.error();
    return bytes ? *bytes : 0;
  }
  std::size_t available() const {
    return throw_if([&](error_code& error) { return available(error); });
  }

  /// Waits, as the mode says, until it is readable or writable. (For wait_error: operation_not_supported.)
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

  /// Connects, as the mode says; opens the socket if it is not open. A name with its several addresses:
  /// blocking::connect, which tries them beside each other, and is what a new program calls.
  void connect(endpoint const& to, error_code& error) {
    open_for(to, error);
    if (error) return;
    connecting_open operation{*this, to, own()};
    error = as_asio_error(blocking::complete(operation).error);
  }
  void connect(endpoint const& to) {
    throw_if([&](error_code& error) { connect(to, error); });
  }
  /// Connects to the first of a resolver's `results`, or of a range of endpoints, that answers, one after the
  /// other, each time with a new socket; and returns that. Errors: the last one's; asio::error::not_found of
  /// none.
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

  /// The same asynchronously: void(error_code), and of a range void(error_code, its endpoint). Closed, it
  /// ends with operation_aborted.
  template <class Token = boost::asio::default_completion_token_t<executor_type>>
  auto async_connect(endpoint const& to, Token&& token = Token{}) {
    return boost::asio::async_compose<Token, void(error_code)>(connecting_here<stream>{*this, to}, token,
                                                               *this);
  }
  template <endpoint_range Results, class Token = boost::asio::default_completion_token_t<executor_type>>
  auto async_connect(Results const& results, Token&& token = Token{}) {
    return boost::asio::async_compose<Token, void(error_code, endpoint_of<Results>)>(
        connecting_to_any<stream, endpoint_of<Results>>{*this, results}, token, *this);
  }

  /// Beast's names: the socket is the stream itself; and taken out of it, as Asio's. (Of TCP; another family
  /// is address_family_not_supported.)
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
  void learn(transfer_result const& received, direction of) noexcept {
    if (of == direction::send || received.calls == 0) return;
    if (received.would_blocks != 0)
      found_nothing_ = true;
    else if (received.waits == 0)
      found_nothing_ = false;
  }

 private:
  friend class connecting_here<stream>;
  template <class Stream, class Endpoint>
  friend class connecting_to_any;

  void open_for(endpoint const& to, error_code& error) noexcept {
    error = is_open() ? error_code{} : underlying().open(to.family());
  }

  bool found_nothing_ = false;
  unsigned char unasked_ = 0;
};

}  // namespace trivium

// What programs call by its full name.
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
