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
//              A connection takes one allocation when it is made, and is registered at its first wait: where
//              memory or descriptors do not suffice for that, the handler is told so.
//   Tells:     void(transfer_result), so that no token loses the count; connect and accept void(error_code,
//              socket). `as_error(token)` puts the error first, for parallel_group, redirect_error, `&&`,
//              `||`.
//   Cancels:   `_some`, connect and accept at every cancellation type; `_all` and finish at partial and
//              terminal, at total only while nothing has moved. The reason is errc::stopped.
//   Fair:      gives the event loop back after async::budget bytes, or eight attempts that moved less.
//   Changes:   the descriptor is O_NONBLOCK after the first wait, as after any of Asio's own operations.
//   Lifetime:  the memory lives until completion. A connection of trivium's may be destroyed, moved from or
//              closed meanwhile, which ends its operations with errc::stopped; an Asio socket stays at its
//              address. A buffer sequence and the stop token are copied.
//   Contexts:  the context of the connection's executor may be destroyed at any time that no thread runs it,
//              whatever executor the handler has, also while another thread asks to stop: the handler is
//              called once before, or destroyed uncalled. (A connection may outlive it, but not one whose
//              executor is a strand, which Asio wants destroyed before the context.)
//   Threads:   operations on one connection are started by one thread at a time. Where several threads run
//              the context, the handlers of a connection's operations need one strand, as with Asio's own.
//              The connection is closed, cancelled, moved and destroyed there too: on the executor of the
//              handlers, since that is where its operations act.
//
// The time of a limit runs from initiation: all that an operation needs to know of its connection, mode,
// descriptor and limits, it looks at then, which with a lazy token is later than the verb is named.
#pragma once

#include <trivium/config.hpp>

#include <boost/asio/async_result.hpp>
#include <string>
#include <trivium/as_error.hpp>
#include <trivium/detail/initiation.hpp>
#include <trivium/detail/operation_state.hpp>
#include <trivium/finishing.hpp>
#include <trivium/handshaking.hpp>

namespace trivium::async {

/// A connection with an executor: a trivium::stream or tls_stream, or an Asio socket.
template <class Connection>
concept waitable = has_descriptor<Connection> && requires(Connection& between) {
  between.get_executor();
  between.async_wait(boost::asio::socket_base::wait_read, [](error_code) {});
};

template <class Connection>
inline constexpr bool needs_executor = !waitable<Connection>;

/// The token of an operation that is given none: that of the connection's executor, as Asio's `as_default_on`
/// makes it.
template <class Connection>
using default_token = boost::asio::default_completion_token_t<detail::executor_of<Connection>>;

/// What stands where a token does.
template <class Token>
concept no_limits_but_a_token = !std::is_convertible_v<Token, limits>;

/// Advances `operation_` to its end as `connection` gets ready. The verbs below are this, with the operation
/// made when the token begins it.
///
/// Requires: the operation was made of this connection, which has the same descriptor still when it begins.
template <class Connection, class Operation, class Token>
requires(!std::is_convertible_v<Connection&, boost::asio::any_io_executor>) auto complete(
    Connection& connection, Operation operation_, Token&& token) {
  static_assert(!needs_executor<Connection>,
                "async needs a connection with an executor: trivium::stream{std::move(socket), executor}");
  return boost::asio::async_initiate<Token, typename detail::completion<Operation>::signature>(
      detail::operation_initiation<Connection>{connection}, token,
      detail::made_already<Operation>{std::move(operation_)});
}

/// The same for an operation that has its descriptor itself.
template <class Operation, class Token>
auto complete(boost::asio::any_io_executor executor, Operation operation_, Token&& token) {
  return boost::asio::async_initiate<Token, typename detail::completion<Operation>::signature>(
      detail::initiation_in_context{std::move(executor)}, token, std::move(operation_));
}

/// The same for moving `what` through `between`: a `transfer` is made only for what one call leaves.
template <class Connection, payload Payload, class Limits, class Token>
auto complete(Connection& between, Payload what, Limits const& within, Token&& token) {
  static_assert(!needs_executor<Connection>,
                "async needs a connection with an executor: trivium::stream{std::move(socket), executor}");
  return boost::asio::async_initiate<Token, void(transfer_result)>(
      detail::transfer_initiation<Connection>{between}, token, std::move(what), within);
}

/// The same for an operation that is made of `with` when it begins.
template <class Operation, class Connection, class Token>
auto complete_limited(Connection& with, limits const& within, Token&& token) {
  static_assert(!needs_executor<Connection>,
                "async needs a connection with an executor: trivium::stream{std::move(socket), executor}");
  return boost::asio::async_initiate<Token, typename detail::completion<Operation>::signature>(
      detail::operation_initiation<Connection>{with}, token, detail::limited<Operation>{within});
}

// The verbs, each with limits and without.

template <class Connection, offered_memory Buffers, class Token = default_token<Connection>>
auto send_some(Connection& to, Buffers&& from, limits const& within,
               Token&& token = default_token<Connection>()) {
  return complete(to, sending_some(std::forward<Buffers>(from)), detail::kept_limits{within},
                  std::forward<Token>(token));
}
template <class Connection, offered_memory Buffers, no_limits_but_a_token Token = default_token<Connection>>
auto send_some(Connection& to, Buffers&& from, Token&& token = default_token<Connection>()) {
  return complete(to, sending_some(std::forward<Buffers>(from)), detail::no_limits{},
                  std::forward<Token>(token));
}

template <class Connection, offered_memory Buffers, class Token = default_token<Connection>>
auto send_all(Connection& to, Buffers&& from, limits const& within,
              Token&& token = default_token<Connection>()) {
  return complete(to, sending(std::forward<Buffers>(from)), detail::kept_limits{within},
                  std::forward<Token>(token));
}
template <class Connection, offered_memory Buffers, no_limits_but_a_token Token = default_token<Connection>>
auto send_all(Connection& to, Buffers&& from, Token&& token = default_token<Connection>()) {
  return complete(to, sending(std::forward<Buffers>(from)), detail::no_limits{}, std::forward<Token>(token));
}

template <class Connection, writable_memory Buffers, class Token = default_token<Connection>>
auto receive_some(Connection& from, Buffers&& into, limits const& within,
                  Token&& token = default_token<Connection>()) {
  return complete(from, receiving_some(std::forward<Buffers>(into)), detail::kept_limits{within},
                  std::forward<Token>(token));
}
template <class Connection, writable_memory Buffers, no_limits_but_a_token Token = default_token<Connection>>
auto receive_some(Connection& from, Buffers&& into, Token&& token = default_token<Connection>()) {
  return complete(from, receiving_some(std::forward<Buffers>(into)), detail::no_limits{},
                  std::forward<Token>(token));
}

template <class Connection, writable_memory Buffers, class Token = default_token<Connection>>
auto receive_all(Connection& from, Buffers&& into, limits const& within,
                 Token&& token = default_token<Connection>()) {
  return complete(from, receiving(std::forward<Buffers>(into)), detail::kept_limits{within},
                  std::forward<Token>(token));
}
template <class Connection, writable_memory Buffers, no_limits_but_a_token Token = default_token<Connection>>
auto receive_all(Connection& from, Buffers&& into, Token&& token = default_token<Connection>()) {
  return complete(from, receiving(std::forward<Buffers>(into)), detail::no_limits{},
                  std::forward<Token>(token));
}

/// All that a source gives, or as much as a sink takes; or the exact count and the reason.
template <class Connection, source Source, class Token = default_token<Connection>>
auto send(Connection& to, Source from, limits const& within, Token&& token = default_token<Connection>()) {
  return complete(to, std::move(from), detail::kept_limits{within}, std::forward<Token>(token));
}
template <class Connection, source Source, no_limits_but_a_token Token = default_token<Connection>>
auto send(Connection& to, Source from, Token&& token = default_token<Connection>()) {
  return complete(to, std::move(from), detail::no_limits{}, std::forward<Token>(token));
}
template <class Connection, sink Sink, class Token = default_token<Connection>>
auto receive(Connection& from, Sink into, limits const& within, Token&& token = default_token<Connection>()) {
  return complete(from, std::move(into), detail::kept_limits{within}, std::forward<Token>(token));
}
template <class Connection, sink Sink, no_limits_but_a_token Token = default_token<Connection>>
auto receive(Connection& from, Sink into, Token&& token = default_token<Connection>()) {
  return complete(from, std::move(into), detail::no_limits{}, std::forward<Token>(token));
}

template <class Connection, class Token = default_token<Connection>>
auto finish(Connection& with, limits const& within, Token&& token = default_token<Connection>()) {
  return complete_limited<finishing>(with, within, std::forward<Token>(token));
}
template <class Connection, no_limits_but_a_token Token = default_token<Connection>>
auto finish(Connection& with, Token&& token = default_token<Connection>()) {
  return finish(with, limits{}, std::forward<Token>(token));
}

template <class Connection, class Token = default_token<Connection>>
auto handshake(Connection& with, limits const& within, Token&& token = default_token<Connection>()) {
  return complete_limited<handshaking>(with, within, std::forward<Token>(token));
}
template <class Connection, no_limits_but_a_token Token = default_token<Connection>>
auto handshake(Connection& with, Token&& token = default_token<Connection>()) {
  return handshake(with, limits{}, std::forward<Token>(token));
}

/// A connected socket; `executor` is where to wait. The handler gets (error_code, socket).
template <class Token>
auto connect(boost::asio::any_io_executor executor, std::string_view host, service const& at,
             limits const& within, connect_options const& how, Token&& token) {
  return complete(std::move(executor), connecting{host, at, within, how}, std::forward<Token>(token));
}
template <class Token>
auto connect(boost::asio::any_io_executor executor, std::string_view host, service const& at,
             limits const& within, Token&& token) {
  return connect(std::move(executor), host, at, within, connect_options{}, std::forward<Token>(token));
}
template <class Token>
auto connect(boost::asio::any_io_executor executor, std::string_view host, service const& at, Token&& token) {
  return connect(std::move(executor), host, at, limits{}, std::forward<Token>(token));
}
template <class Token>
auto connect(boost::asio::any_io_executor executor, endpoint const& to, limits const& within,
             connect_options const& how, Token&& token) {
  return complete(std::move(executor), connecting{to, within, how}, std::forward<Token>(token));
}
template <class Token>
auto connect(boost::asio::any_io_executor executor, endpoint const& to, limits const& within, Token&& token) {
  return connect(std::move(executor), to, within, connect_options{}, std::forward<Token>(token));
}
template <class Token>
auto connect(boost::asio::any_io_executor executor, endpoint const& to, Token&& token) {
  return connect(std::move(executor), to, limits{}, std::forward<Token>(token));
}

/// The next connection of a trivium::socket that listens, waited for on `executor`. The socket may be closed,
/// moved from or destroyed meanwhile: errc::stopped.
template <has_descriptor Listening, class Token>
auto accept(boost::asio::any_io_executor executor, Listening& at, limits const& within, Token&& token) {
  static_assert(owns_registrations<Listening>,
                "an acceptor that is not trivium's does not tell when it is closed: leave the executor out, "
                "async::accept(acceptor, token), or hand its descriptor to a trivium::socket");
  return boost::asio::async_initiate<Token, detail::completion<accepting>::signature>(
      detail::initiation_in_context{std::move(executor)}, token, &at, detail::limited<accepting>{within});
}
template <has_descriptor Listening, class Token>
auto accept(boost::asio::any_io_executor executor, Listening& at, Token&& token) {
  return accept(std::move(executor), at, limits{}, std::forward<Token>(token));
}

/// The next connection of a trivium::listener, or of an Asio acceptor: they have executors of their own.
template <waitable Acceptor, class Token = default_token<Acceptor>>
auto accept(Acceptor& at, limits const& within, Token&& token = default_token<Acceptor>()) {
  return complete_limited<accepting>(at, within, std::forward<Token>(token));
}
template <waitable Acceptor, no_limits_but_a_token Token = default_token<Acceptor>>
auto accept(Acceptor& at, Token&& token = default_token<Acceptor>()) {
  return accept(at, limits{}, std::forward<Token>(token));
}

}  // namespace trivium::async
