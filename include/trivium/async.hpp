// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The async way: nobody waits. The event loop calls back when the connection is ready, and the operation
// makes its next attempt.
//
// What every way promises stands in the contract (README); here is what is this way's own:
//   Tokens:    any completion token. The handler's associated executor (all intermediate work runs on it),
//              allocator and cancellation slot are honoured.
//   Completes: once, on the associated executor, never inside the initiating call: by a turn of the loop, or
//              without one where a `trampoline` is (a reactor has it). A context that is destroyed before
//              destroys the handler uncalled, as everywhere in Asio.
//   Memory:    without it to begin with, the initiating call throws std::bad_alloc and nothing has happened;
//              without it to go on, the handler is told ENOMEM, and a stop is seen at the next event. That
//              holds for an io_context and one failure: an executor that takes memory to post, as a strand
//              does, may refuse to tell the handler, which is then destroyed as the call, or run(), throws.
//   Tells:     void(transfer_result), so that no token loses the count; connect and accept void(error_code,
//              socket). `as_error(token)` puts the error first, for `||`, parallel_group and redirect_error.
//   Cancels:   `_some`, connect and accept at every cancellation type; `_all` and finish at partial and
//              terminal, at total only while nothing has moved. The reason is errc::stopped.
//   Fair:      gives the event loop back after async::budget bytes.
//   Changes:   the descriptor is O_NONBLOCK after the first wait, as after any of Asio's own operations.
//   Lifetime:  the connection stays at its address, and the memory lives, until completion; to be rid of it
//              earlier, close it and wait for the handler. A buffer sequence and the stop token are copied.
//   Threads:   operations on one connection are started by one thread at a time. Where several threads run
//              the context, the handlers of a connection's operations need one strand, as with Asio's own.
//
// The time of a limit runs from initiation. An operation on a connection that is closed meanwhile is stopped;
// until it has completed, the connection must not be given another descriptor.
#pragma once

#include <boost/asio/async_result.hpp>
#include <string>
#include <trivium/as_error.hpp>
#include <trivium/finishing.hpp>
#include <trivium/handshaking.hpp>
#include <trivium/initiation.hpp>
#include <trivium/operation.hpp>

namespace trivium::async {

/// A connection with an executor: a trivium::stream or tls_stream, or an Asio socket.
template <class Connection>
concept waitable = has_descriptor<Connection> && requires(Connection& between) {
  between.get_executor();
  between.async_wait(boost::asio::socket_base::wait_read, [](error_code) {});
};

template <class Connection>
inline constexpr bool needs_executor = !waitable<Connection>;

/// Turns `operation` to its end as `connection` gets ready. The verbs below are this, with the operation
/// made.
template <class Connection, class Turning, class Token>
requires(!std::is_convertible_v<Connection&, boost::asio::any_io_executor>) auto complete(
    Connection& connection, Turning operation_, Token&& token) {
  static_assert(!needs_executor<Connection>,
                "async needs a connection with an executor: trivium::stream{std::move(socket), executor}");
  return boost::asio::async_initiate<Token, typename completion<Turning>::signature>(
      [](auto handler, Turning&& turning, Connection* between, int descriptor) {
        using place = borrowed_place<Connection>;
        bool timed = true;  // others than transfers may have to look again without any limit
        if constexpr (std::is_same_v<Turning, transfer>)
          timed = turning.limited() || turning.may_look_again();
        operation<Turning, place, decltype(handler)>::start([&] { return std::move(turning); }, timed,
                                                            place{*between}, descriptor, handler);
      },
      token, std::move(operation_), &connection, static_cast<int>(connection.native_handle()));
}

/// The same for an operation that has its descriptor itself, or one without an executor.
template <class Turning, class Token>
auto complete(boost::asio::any_io_executor executor, Turning operation_, Token&& token) {
  return boost::asio::async_initiate<Token, typename completion<Turning>::signature>(
      [](auto handler, Turning&& turning, boost::asio::any_io_executor on) {
        operation<Turning, own_place, decltype(handler)>::start([&] { return std::move(turning); }, true,
                                                                own_place{std::move(on)}, -1, handler);
      },
      token, std::move(operation_), std::move(executor));
}

/// The same for moving `what` through `between`: a `transfer` is made only for what one call leaves.
template <class Connection, class Memory, class Limits, class Token>
auto complete(Connection& between, Memory what, Limits const& ends_it, Token&& token) {
  static_assert(!needs_executor<Connection>,
                "async needs a connection with an executor: trivium::stream{std::move(socket), executor}");
  return boost::asio::async_initiate<Token, completion<transfer>::signature>(
      transfer_initiation{}, token, &between, std::move(what), ends_it);
}

// The verbs, each with limits and without.

template <class Connection, readable_memory Buffers, class Token>
auto send_some(Connection& to, Buffers&& from, limits const& ends_it, Token&& token) {
  return complete(to, sending_some(std::forward<Buffers>(from)), kept_limits{ends_it},
                  std::forward<Token>(token));
}
template <class Connection, readable_memory Buffers, class Token>
auto send_some(Connection& to, Buffers&& from, Token&& token) {
  return complete(to, sending_some(std::forward<Buffers>(from)), no_limits{}, std::forward<Token>(token));
}

template <class Connection, readable_memory Buffers, class Token>
auto send_all(Connection& to, Buffers&& from, limits const& ends_it, Token&& token) {
  return complete(to, sending(std::forward<Buffers>(from)), kept_limits{ends_it}, std::forward<Token>(token));
}
template <class Connection, readable_memory Buffers, class Token>
auto send_all(Connection& to, Buffers&& from, Token&& token) {
  return complete(to, sending(std::forward<Buffers>(from)), no_limits{}, std::forward<Token>(token));
}

template <class Connection, writable_memory Buffers, class Token>
auto receive_some(Connection& from, Buffers&& into, limits const& ends_it, Token&& token) {
  return complete(from, receiving_some(std::forward<Buffers>(into)), kept_limits{ends_it},
                  std::forward<Token>(token));
}
template <class Connection, writable_memory Buffers, class Token>
auto receive_some(Connection& from, Buffers&& into, Token&& token) {
  return complete(from, receiving_some(std::forward<Buffers>(into)), no_limits{}, std::forward<Token>(token));
}

template <class Connection, writable_memory Buffers, class Token>
auto receive_all(Connection& from, Buffers&& into, limits const& ends_it, Token&& token) {
  return complete(from, receiving(std::forward<Buffers>(into)), kept_limits{ends_it},
                  std::forward<Token>(token));
}
template <class Connection, writable_memory Buffers, class Token>
auto receive_all(Connection& from, Buffers&& into, Token&& token) {
  return complete(from, receiving(std::forward<Buffers>(into)), no_limits{}, std::forward<Token>(token));
}

template <class Connection, class Token>
auto finish(Connection& with, limits const& ends_it, Token&& token) {
  return complete(with, finishing{with, ends_it}, std::forward<Token>(token));
}
template <class Connection, class Token>
auto finish(Connection& with, Token&& token) {
  return finish(with, limits{}, std::forward<Token>(token));
}

template <class Connection, class Token>
auto handshake(Connection& with, limits const& ends_it, Token&& token) {
  return complete(with, handshaking{with, ends_it}, std::forward<Token>(token));
}
template <class Connection, class Token>
auto handshake(Connection& with, Token&& token) {
  return handshake(with, limits{}, std::forward<Token>(token));
}

/// A connected socket; `executor` is where to wait. The handler gets (error_code, socket).
template <class Token>
auto connect(boost::asio::any_io_executor executor, std::string host, std::string service,
             limits const& ends_it, connect_options const& how, Token&& token) {
  return complete(std::move(executor), connecting{std::move(host), std::move(service), ends_it, how},
                  std::forward<Token>(token));
}
template <class Token>
auto connect(boost::asio::any_io_executor executor, std::string host, std::string service,
             limits const& ends_it, Token&& token) {
  return connect(std::move(executor), std::move(host), std::move(service), ends_it, connect_options{},
                 std::forward<Token>(token));
}
template <class Token>
auto connect(boost::asio::any_io_executor executor, std::string host, std::string service, Token&& token) {
  return connect(std::move(executor), std::move(host), std::move(service), limits{},
                 std::forward<Token>(token));
}
template <class Token>
auto connect(boost::asio::any_io_executor executor, endpoint const& to, limits const& ends_it,
             Token&& token) {
  return complete(std::move(executor), connecting{to, ends_it}, std::forward<Token>(token));
}
template <class Token>
auto connect(boost::asio::any_io_executor executor, endpoint const& to, Token&& token) {
  return connect(std::move(executor), to, limits{}, std::forward<Token>(token));
}

/// The next connection of a trivium::socket that listens, waited for on `executor`; one at a time on a loop.
template <has_descriptor Listening, class Token>
auto accept(boost::asio::any_io_executor executor, Listening& at, limits const& ends_it, Token&& token) {
  return complete(std::move(executor), accepting{at, ends_it}, std::forward<Token>(token));
}
template <has_descriptor Listening, class Token>
auto accept(boost::asio::any_io_executor executor, Listening& at, Token&& token) {
  return accept(std::move(executor), at, limits{}, std::forward<Token>(token));
}

/// The next connection of a trivium::listener, or of an Asio acceptor: they have executors of their own.
template <waitable Acceptor, class Token>
auto accept(Acceptor& at, limits const& ends_it, Token&& token) {
  return complete(at, accepting{at, ends_it}, std::forward<Token>(token));
}
template <waitable Acceptor, class Token>
requires(!std::is_convertible_v<Token, limits>) auto accept(Acceptor& at, Token&& token) {
  return accept(at, limits{}, std::forward<Token>(token));
}

}  // namespace trivium::async
