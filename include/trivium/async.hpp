// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The verbs of the asynchronous way.

/// @namespace trivium::async
/// The asynchronous way: an operation waits for readiness in the reactor of an executor, and its completion
/// handler is invoked when it has ended. No thread is blocked.
///
/// What every verb of this way shares, beyond the contract of all ways (docs/contract.md):
///  Token:        any completion token. The handler's associated executor, allocator and cancellation slot
///                are used; all intermediate handlers run on that executor.
///  Signature:    void(transfer_result), so that no token drops the byte count; connect and accept
///                void(error_code, socket). `as_error(token)` puts the error first, for parallel_group,
///                redirect_error, `&&`, `||`.
///  Initiation:   the connection, its mode, its descriptor and the clock are read at initiation, which with a
///                lazy token (deferred, use_awaitable) is later than the call of the verb. The time of a
///                limit runs from initiation.
///  Completes:    once, on the associated executor, never inside the initiating function: as if by post. With
///                a `trampoline` in the thread (a reactor has one), the handler of an operation that
///                completed without waiting is invoked as soon as the running handler has returned. A context
///                that is destroyed first destroys the handler without invoking it, as everywhere in Asio.
///  Errors:       shared by all verbs: errc::timed_out, stalled, too_slow and stopped: a limit of the call or
///                of the connection's mode ended the operation. errc::would_block: the call's timeout is zero
///                and the operation would have had to wait. EINVAL: a limit that is out of range, see
///                `limits`. EBADF: the connection is closed or was moved from. ENOMEM, or an error of
///                epoll_create1(2) or epoll_ctl(2): the operation could not wait. All other errors of the
///                kernel are passed on in the system category; those of TLS are listed at tls_session.
///  Allocation:   an initiating function that cannot allocate throws std::bad_alloc and has no effect. A
///                later failure invokes the handler with ENOMEM; if a stop cannot be posted, it is noticed at
///                the next event. This holds for an io_context and one failure: an executor that allocates to
///                post, as a strand does, may be unable to post the completion; the handler is then destroyed
///                while the initiating function, or run(), throws. A connection takes one allocation when it
///                is made and is registered in the reactor at its first wait.
///  Cancellation: by the handler's cancellation slot, with the types that each verb lists, and by
///                limits::stop from any thread. Either ends the operation with errc::stopped.
///  Fairness:     an operation yields to the event loop after async::budget bytes (1 MiB), or after eight
///                attempts if they move little or nothing.
///  O_NONBLOCK:   set on the descriptor by the first wait and left set, as by Asio's own operations.
///  Lifetime:     the memory that is sent from or received into must live until completion. A buffer sequence
///                and the stop token are copied. A connection of trivium's may be destroyed, moved from or
///                closed meanwhile, which ends its operations with errc::stopped. An Asio socket must stay at
///                its address until completion.
///  Contexts:     the context of the connection's executor may be destroyed at any time that no thread runs
///                it, whatever executor the handler has, and also while another thread requests a stop. The
///                handler has then been invoked once, or is destroyed without being invoked. A connection may
///                outlive that context, unless its executor is a strand, which Asio requires to be destroyed
///                before the context.
///  Threads:      operations on one connection are initiated by one thread at a time. Where several threads
///                run the context, the handlers of a connection's operations need one strand, as with Asio's
///                own operations. The connection is closed, cancelled, moved and destroyed on that strand
///                too.
#pragma once

#include <trivium/config.hpp>

#include <boost/asio/async_result.hpp>
#include <concepts>
#include <cstddef>
#include <string>
#include <trivium/as_error.hpp>
#include <trivium/detail/async/initiation.hpp>
#include <trivium/detail/async/operation_state.hpp>
#include <trivium/operations/finishing.hpp>
#include <trivium/operations/handshaking.hpp>
#include <trivium/payloads/borrowed.hpp>
#include <trivium/payloads/consumer.hpp>
#include <trivium/payloads/file.hpp>
#include <trivium/payloads/generator.hpp>
#include <trivium/payloads/observed.hpp>
#include <trivium/payloads/paced.hpp>
#include <trivium/payloads/relay.hpp>
#include <type_traits>
#include <utility>

namespace trivium::detail {

/// A handler of the form that Asio's own reads and writes call, which is not that of trivium's verbs.
template <class Token>
constexpr bool is_called_as_by_asio() {
  if constexpr (std::invocable<Token&, transfer_result>)
    return false;
  else
    return std::invocable<Token&, error_code, std::size_t>;
}

/// boost::asio::async_initiate, which says in words what is wrong with such a handler.
template <class Operation, class Initiation, class Token, class... Arguments>
auto initiate(Initiation&& how, Token& token, Arguments&&... arguments) {
  using signature = typename completion<Operation>::signature;
  if constexpr (std::is_same_v<signature, void(transfer_result)>)
    static_assert(!is_called_as_by_asio<std::decay_t<Token>>(),
                  "the handler must take a transfer_result: [](trivium::transfer_result sent) { ... "
                  "sent.error, sent.bytes ... }");
  return boost::asio::async_initiate<Token, signature>(std::forward<Initiation>(how), token,
                                                       std::forward<Arguments>(arguments)...);
}

}  // namespace trivium::detail

namespace trivium::async {

/// A connection with an executor: a trivium::stream or tls_stream, or an Asio socket.
template <class Connection>
concept waitable = has_descriptor<Connection> && requires(Connection& between) {
  between.get_executor();
  between.async_wait(boost::asio::socket_base::wait_read, [](error_code) {});
};

/// Whether a connection has no executor. A trivium::socket gets one by a trivium::stream.
template <class Connection>
inline constexpr bool needs_executor = !waitable<Connection>;

/// The token of an operation that is called without one: the default token of the connection's executor, as
/// set by Asio's `as_default_on`.
template <class Connection>
using default_token = boost::asio::default_completion_token_t<detail::executor_of<Connection>>;

/// A completion token, as opposed to limits in the same position.
template <class Token>
concept no_limits_but_a_token = !std::is_convertible_v<Token, limits>;

/// Advances `operation_` to its end, as `connection` becomes ready. The verbs below do the same with an
/// operation that is made at initiation.
///
/// Requires: the operation was made for this connection, which still has the same descriptor at initiation.
/// Completes: with the operation's result. Otherwise as every verb of this way.
template <class Connection, class Operation, class Token>
requires(!std::is_convertible_v<Connection&, boost::asio::any_io_executor>) auto complete(
    Connection& connection, Operation operation_, Token&& token) {
  static_assert(!needs_executor<Connection>,
                "async needs a connection with an executor: trivium::stream{std::move(socket), executor}");
  return detail::initiate<Operation>(detail::operation_initiation<Connection>{connection}, token,
                                     detail::made_already<Operation>{std::move(operation_)});
}

/// The same for an operation that owns its descriptors (`connecting`): it waits in the context of `executor`.
///
/// Throws: boost::asio::execution::bad_executor if `executor` is empty.
template <class Operation, class Token>
auto complete(boost::asio::any_io_executor executor, Operation operation_, Token&& token) {
  return detail::initiate<Operation>(detail::initiation_in_context{std::move(executor)}, token,
                                     std::move(operation_));
}

/// The same for sending from, or receiving into, the payload `what`. The first attempt is a single system
/// call where possible; a `transfer` is made only for what that call leaves.
template <class Connection, payload Payload, class Limits, class Token>
auto complete(Connection& between, Payload what, Limits const& within, Token&& token) {
  static_assert(!needs_executor<Connection>,
                "async needs a connection with an executor: trivium::stream{std::move(socket), executor}");
  return detail::initiate<transfer<Payload>>(detail::transfer_initiation<Connection>{between}, token,
                                             std::move(what), within);
}

/// The same for an operation that is made from `with` at initiation.
template <class Operation, class Connection, class Token>
auto complete_limited(Connection& with, limits const& within, Token&& token) {
  static_assert(!needs_executor<Connection>,
                "async needs a connection with an executor: trivium::stream{std::move(socket), executor}");
  return detail::initiate<Operation>(detail::operation_initiation<Connection>{with}, token,
                                     detail::limited<Operation>{within});
}

// The verbs, each with limits and without. Everything that is not said here is as the head of this file says.

/// Sends at least one byte of `from`, and at most async::budget (1 MiB).
///
/// Completes:    when the kernel has taken bytes, with their number; with 0 only if `from` is empty. On TLS
///               it then also waits, within its limits, until the kernel has taken the records it made.
/// Errors:       EPIPE, ECONNRESET: the connection is broken; SIGPIPE is not raised. The shared ones.
/// Cancellation: terminal, partial, total.
/// Lifetime:     the memory of `from`, until completion.
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

/// Sends all of `from`.
///
/// Completes:    when the kernel has taken all of it, or with an error and the exact number of bytes taken.
/// Errors:       EPIPE, ECONNRESET: the connection is broken; SIGPIPE is not raised. The shared ones.
/// Cancellation: terminal, partial; total only while no byte has been sent.
/// Lifetime:     the memory of `from`, until completion.
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

/// Receives at least one byte into `into`, and at most async::budget (1 MiB).
///
/// Completes:    when bytes have arrived, with their number; with 0 only if `into` is empty.
/// Errors:       errc::end_of_file: the peer has finished sending; every later receive returns it again.
///               ECONNRESET. TLS: errc::truncated. The shared ones.
/// Cancellation: terminal, partial, total.
/// Lifetime:     the memory of `into`, until completion.
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

/// Receives until `into` is full. It takes no byte beyond `into` from the kernel.
///
/// Completes:    when `into` is full, or with an error and the exact number of bytes received.
/// Errors:       errc::end_of_file: the peer finished sending before that. ECONNRESET. TLS: errc::truncated.
///               The shared ones.
/// Cancellation: terminal, partial; total only while no byte has been received.
/// Lifetime:     the memory of `into`, until completion.
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

/// Sends all that the source `from` supplies.
///
/// Completes:    when the source is done and the kernel has taken all of it, or with an error and the exact
///               number of bytes taken.
/// Errors:       those of send_all, and those of the source itself.
/// Cancellation: terminal, partial; total only while no byte has been sent, or if its `how_much` is `some`.
/// Lifetime:     the source is moved into the operation; what it refers to must live until completion.
template <class Connection, source Source, class Token = default_token<Connection>>
auto send(Connection& to, Source from, limits const& within, Token&& token = default_token<Connection>()) {
  return complete(to, std::move(from), detail::kept_limits{within}, std::forward<Token>(token));
}
template <class Connection, source Source, no_limits_but_a_token Token = default_token<Connection>>
auto send(Connection& to, Source from, Token&& token = default_token<Connection>()) {
  return complete(to, std::move(from), detail::no_limits{}, std::forward<Token>(token));
}

/// Sends a file, or a part of it; see `file_source`.
///
/// Completes:    when the kernel has taken all of it, or with an error and the exact number of bytes taken.
/// Errors:       those of send_all, and those of the file.
/// Cancellation: terminal, partial; total only while no byte has been sent.
/// Lifetime:     the source is moved into the operation; a descriptor in it must stay open until completion.
template <class Connection, class Token = default_token<Connection>>
auto send_file(Connection& to, file_source from, limits const& within,
               Token&& token = default_token<Connection>()) {
  return send(to, std::move(from), within, std::forward<Token>(token));
}
template <class Connection, no_limits_but_a_token Token = default_token<Connection>>
auto send_file(Connection& to, file_source from, Token&& token = default_token<Connection>()) {
  return send(to, std::move(from), std::forward<Token>(token));
}

/// Sends to `to` what `from` receives, until the peer of `from` finishes sending; see `relay_source`.
///
/// Completes:    at that end, or with an error and the exact number of bytes that `to` has taken. Bytes that
///               `from` has received may then be lost: send from a borrowed relay_source to keep them.
/// Errors:       those of receive_some on `from`, but for its end of file, and those of send_all on `to`.
/// Cancellation: terminal, partial; total only while no byte has been sent.
/// Lifetime:     shares the descriptor of `from`, which may be closed; a TLS session must stay at its address
///               until completion. `to` as in every verb.
template <connection From, class To, class Token = default_token<To>>
auto relay(From& from, To& to, limits const& within, Token&& token = default_token<To>()) {
  return send(to, relay_source{from}, within, std::forward<Token>(token));
}
template <connection From, class To, no_limits_but_a_token Token = default_token<To>>
auto relay(From& from, To& to, Token&& token = default_token<To>()) {
  return send(to, relay_source{from}, std::forward<Token>(token));
}

/// Receives until the sink `into` is done.
///
/// Completes:    when the sink is done, or with an error and the exact number of bytes received.
/// Errors:       those of receive_all, and those of the sink itself.
/// Cancellation: terminal, partial; total only while no byte has been received, or if its `how_much` is
///               `some`.
/// Lifetime:     the sink is moved into the operation; what it refers to must live until completion.
template <class Connection, sink Sink, class Token = default_token<Connection>>
auto receive(Connection& from, Sink into, limits const& within, Token&& token = default_token<Connection>()) {
  return complete(from, std::move(into), detail::kept_limits{within}, std::forward<Token>(token));
}
template <class Connection, sink Sink, no_limits_but_a_token Token = default_token<Connection>>
auto receive(Connection& from, Sink into, Token&& token = default_token<Connection>()) {
  return complete(from, std::move(into), detail::no_limits{}, std::forward<Token>(token));
}

/// Receives into a file, or into a part of it; see `file_sink`.
///
/// Completes:    when the file has all of it, or with an error and the exact number of bytes received.
/// Errors:       those of receive_all, and those of the file. Without a length, the peer's end of file is
///               success.
/// Cancellation: terminal, partial; total only while no byte has been received.
/// Lifetime:     the sink is moved into the operation; a descriptor in it must stay open until completion.
template <class Connection, class Token = default_token<Connection>>
auto receive_file(Connection& from, file_sink into, limits const& within,
                  Token&& token = default_token<Connection>()) {
  return receive(from, std::move(into), within, std::forward<Token>(token));
}
template <class Connection, no_limits_but_a_token Token = default_token<Connection>>
auto receive_file(Connection& from, file_sink into, Token&& token = default_token<Connection>()) {
  return receive(from, std::move(into), std::forward<Token>(token));
}

/// Ends sending (TLS: close_notify; then shutdown(SHUT_WR)) and waits until the peer has taken all of it; see
/// `finishing`. Receiving is still possible.
///
/// Completes:    when the kernel's send queue is empty, with 0 bytes; else with an error and the number of
///               bytes that the peer has not taken.
/// Errors:       ENOTCONN; ECONNRESET: the connection is broken. The shared ones.
/// Cancellation: terminal, partial.
template <class Connection, class Token = default_token<Connection>>
auto finish(Connection& with, limits const& within, Token&& token = default_token<Connection>()) {
  return complete_limited<finishing>(with, within, std::forward<Token>(token));
}
template <class Connection, no_limits_but_a_token Token = default_token<Connection>>
auto finish(Connection& with, Token&& token = default_token<Connection>()) {
  return finish(with, limits{}, std::forward<Token>(token));
}

/// Performs the TLS handshake, with the verification of the peer; see `handshaking`. On a plain connection it
/// completes with success and makes no system call.
///
/// Completes:    when data can be sent and received, with 0 bytes.
/// Errors:       see tls_session. The shared ones; of the limits only `timeout` and `stop` apply.
/// Cancellation: terminal, partial. Another handshake continues where one that was cancelled, or ended by a
///               limit, stopped.
template <class Connection, class Token = default_token<Connection>>
auto handshake(Connection& with, limits const& within, Token&& token = default_token<Connection>()) {
  return complete_limited<handshaking>(with, within, std::forward<Token>(token));
}
template <class Connection, no_limits_but_a_token Token = default_token<Connection>>
auto handshake(Connection& with, Token&& token = default_token<Connection>()) {
  return handshake(with, limits{}, std::forward<Token>(token));
}

/// Connects to a host and service, or to an endpoint, and waits in the context of `executor`; see
/// `connecting` for how the addresses of a name are tried.
///
/// Completes:    with (error_code, socket): a connected socket, or an error and a closed one.
/// Errors:       of the look-up and of connect(2), listed at `connecting`. The shared ones; of the limits
///               only `timeout` and `stop` apply, and they bound the look-up too.
/// Cancellation: terminal, partial, total.
/// Lifetime:     `host` and `at` are copied; what `how` refers to must live until completion.
/// Throws:       boost::asio::execution::bad_executor if `executor` is empty.
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

/// Accepts one connection at a trivium::socket that listens, and waits in the context of `executor`.
///
/// Completes:    with (error_code, socket): the accepted socket, or an error and a closed one.
/// Errors:       of accept(2), see `accepting`. The shared ones; of the limits only `timeout` and `stop`
///               apply.
/// Cancellation: terminal, partial, total.
/// Lifetime:     the listening socket may be closed, moved from or destroyed meanwhile: errc::stopped.
/// Throws:       boost::asio::execution::bad_executor if `executor` is empty.
template <has_descriptor Listening, class Token>
auto accept(boost::asio::any_io_executor executor, Listening& at, limits const& within, Token&& token) {
  static_assert(
      detail::owns_registrations<Listening>,
      "an acceptor that is not trivium's does not report when it is closed: leave the executor out, "
      "async::accept(acceptor, token), or hand its descriptor to a trivium::socket");
  return detail::initiate<accepting>(detail::initiation_in_context{std::move(executor)}, token, &at,
                                     detail::limited<accepting>{within});
}
template <has_descriptor Listening, class Token>
auto accept(boost::asio::any_io_executor executor, Listening& at, Token&& token) {
  return accept(std::move(executor), at, limits{}, std::forward<Token>(token));
}

/// Accepts one connection at a trivium::listener or an Asio acceptor, and waits on its own executor.
///
/// Completes, errors, cancellation: as above. At a listener, a shortage of descriptors or memory does not end
/// the accept: it tries again, within its limits.
/// Lifetime:     a listener may be closed, moved from or destroyed meanwhile: errc::stopped. An Asio acceptor
///               must stay at its address until completion.
template <waitable Acceptor, class Token = default_token<Acceptor>>
auto accept(Acceptor& at, limits const& within, Token&& token = default_token<Acceptor>()) {
  return complete_limited<accepting>(at, within, std::forward<Token>(token));
}
template <waitable Acceptor, no_limits_but_a_token Token = default_token<Acceptor>>
auto accept(Acceptor& at, Token&& token = default_token<Acceptor>()) {
  return accept(at, limits{}, std::forward<Token>(token));
}

}  // namespace trivium::async
