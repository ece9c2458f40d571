// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The verbs of the nonblocking way.

/// @namespace trivium::nonblocking
/// The nonblocking way: a call never sleeps by itself. The caller does other work between the attempts, or
/// names the policy by which they are repeated.
///
/// What every verb of this way shares, beyond the contract of all ways (docs/contract.md):
///  Attempts: a verb without a policy makes one attempt and returns errc::would_block if it cannot proceed. A
///            verb with a policy attempts until it has ended, and calls the policy whenever it would block;
///            see retry.hpp. No event loop is needed.
///  Returns:  the exact number of bytes and the error, if any; connect and accept return a socket or an
///            error.
///  Errors:   shared by all verbs: errc::timed_out, stalled, too_slow and stopped: a limit of the call or of
///            the connection's mode ended the operation. errc::would_block: one attempt was not enough, or
///            the call's timeout is zero. EINVAL: a limit that is out of range, see `limits`. EBADF: the
///            connection is closed or was moved from. Of a policy that sleeps under a stop token: EMFILE,
///            ENFILE or ENOMEM of eventfd(2). All other errors of the kernel are passed on in the system
///            category; those of TLS are listed at tls_session.
///  Throws:   std::bad_alloc, before the first attempt, where limits or a long buffer sequence need memory;
///            and whatever the policy throws. Use a `transfer` where the count must survive that.
///  Lifetime: everything is borrowed for the call only. The connection stays at its address until it returns.
///  O_NONBLOCK: neither needed nor changed on the descriptor. Exceptions: accept sets it on the listening
///            descriptor; send_file and relay on that of the connection that is sent to.
///  Threads:  one send and one receive at a time on a connection.
///  Cancellation: by limits::stop, from any thread; it is noticed before the next attempt, and wakes a policy
///            that sleeps.
///
/// A program with its own event loop advances a `transfer` or a `connecting` itself, and needs no policy.
#pragma once

#include <trivium/config.hpp>

#include <trivium/detail/one_call.hpp>
#include <trivium/detail/operation_access.hpp>
#include <trivium/operations/accepting.hpp>
#include <trivium/operations/connecting.hpp>
#include <trivium/operations/finishing.hpp>
#include <trivium/operations/handshaking.hpp>
#include <trivium/operations/transfer.hpp>
#include <trivium/payloads/borrowed.hpp>
#include <trivium/payloads/consumer.hpp>
#include <trivium/payloads/file.hpp>
#include <trivium/payloads/generator.hpp>
#include <trivium/payloads/observed.hpp>
#include <trivium/payloads/paced.hpp>
#include <trivium/payloads/relay.hpp>
#include <trivium/retry.hpp>
#include <utility>

namespace TRIVIUM_EXPORT trivium {
namespace detail {

/// The result of `call` as a single attempt, when it returned `n` and has not completed.
template <direction Moving>
TRIVIUM_EXPORT transfer_result refused_at_once(one_call<Moving> const& call, ssize_t n);

template <direction Moving, connection Connection, class Buffers>
transfer_result move_at_once(Connection& between, Buffers&& what) {
  if (one_call<Moving> const call{between, what, amount::some, {}}) {
    auto const n = call.make(may_block::no);
    return call.completed_by(n) ? call.result(n) : refused_at_once(call, n);
  }
  transfer operation{between, moving<Moving>(what, amount::some), {.timeout = nanoseconds{0}}};
  operation.advance();
  return operation.result();
}

/// Advances `op`, whose progress is `how`, to its end.
template <retry::policy Policy>
transfer_result const& retry_from(progress how, operation& op, Policy& policy) {
  for (; how != progress::done; how = op.advance())
    if (how == progress::pending) policy.between(op);
  return op.result();
}

template <direction Moving, connection Connection, class Buffers, retry::policy Policy>
transfer_result move_retrying(Connection& between, Buffers&& what, Policy policy, limits const& within) {
  if (one_call<Moving> const call{between, what, amount::all, within}) {
    auto const n = call.make(may_block::no);
    if (call.completed_by(n)) return call.result(n);
    auto rest = call.remainder(n, may_block::no);
    return retry_from(operation_access::how_far(rest), rest, policy);
  }
  transfer operation{between, moving<Moving>(what, amount::all), within};
  return retry_from(operation.advance(), operation, policy);
}

}  // namespace detail

namespace nonblocking {

/// Advances `op` to its end, and calls `policy` each time it would block.
///
/// Returns: op.result(), by reference.
/// Throws:  what the policy throws. `op` then holds the exact count and can be advanced further.
template <retry::policy Policy>
transfer_result const& complete(operation& op, Policy policy) {
  return detail::retry_from(op.advance(), op, policy);
}

/// Makes an operation that connects to a host and service, or to an endpoint: advance it, or pass it to
/// `complete`. Nothing happens before its first `advance`.
[[nodiscard]] inline connecting connect(std::string_view host, service const& at, limits const& within = {},
                                        connect_options const& how = {}) {
  return {host, at, within, how};
}
[[nodiscard]] inline connecting connect(endpoint const& to, limits const& within = {},
                                        connect_options const& how = {}) {
  return connecting{to, within, how};
}

/// Connects to a host and service, or to an endpoint; see `connecting` for how the addresses of a name are
/// tried.
///
/// Returns: a connected socket, or an error.
/// Errors:  of the look-up and of connect(2), listed at `connecting`. The shared ones; of the limits only
///          `timeout` and `stop` apply, and they bound the look-up too.
template <retry::policy Policy>
[[nodiscard]] result<socket> connect(std::string_view host, service const& at, Policy policy,
                                     limits const& within = {}, connect_options const& how = {}) {
  connecting operation{host, at, within, how};
  complete(operation, std::move(policy));
  return operation.take();
}
template <retry::policy Policy>
[[nodiscard]] result<socket> connect(endpoint const& to, Policy policy, limits const& within = {},
                                     connect_options const& how = {}) {
  connecting operation{to, within, how};
  complete(operation, std::move(policy));
  return operation.take();
}

/// Accepts one connection at a trivium::listener, a trivium::socket that listens, or an Asio acceptor: one
/// attempt, or with a policy.
///
/// Returns: the accepted socket, or an error.
/// Errors:  of accept(2), see `accepting`. The shared ones; of the limits only `timeout` and `stop` apply. At
///          a listener, a shortage of descriptors or memory is errc::would_block to the one attempt; with a
///          policy it is retried, within the limits.
/// Threads: several may accept at once; each connection is returned to one of them.
template <has_descriptor Listening>
[[nodiscard]] result<socket> accept(Listening& at) {
  accepting operation{at, {.timeout = nanoseconds{0}}};
  operation.advance();
  return operation.take();
}
template <has_descriptor Listening, retry::policy Policy>
[[nodiscard]] result<socket> accept(Listening& at, Policy policy, limits const& within = {}) {
  accepting operation{at, within};
  complete(operation, std::move(policy));
  return operation.take();
}

/// Performs the TLS handshake, with the verification of the peer: one attempt, or with a policy; see
/// `handshaking`. On a plain connection it succeeds and makes no system call.
///
/// Returns: 0 bytes. After errc::would_block, or a limit, another call continues where this one stopped.
/// Errors:  see tls_session. The shared ones; of the limits only `timeout` and `stop` apply.
template <connection Connection>
transfer_result handshake(Connection& with) {
  handshaking operation{with, {.timeout = nanoseconds{0}}};
  operation.advance();
  return operation.result();
}
template <connection Connection, retry::policy Policy>
transfer_result handshake(Connection& with, Policy policy, limits const& within = {}) {
  handshaking operation{with, within};
  return complete(operation, std::move(policy));
}

/// Sends what the kernel takes of `from` in one attempt, at most step_max (4 MiB).
///
/// Returns: the number of bytes that the kernel has taken; 0 only with an error or if `from` is empty. TLS:
///          the number that the session has taken, of which it may still hold some; see has_pending_output().
/// Errors:  errc::would_block: the kernel takes nothing now. EPIPE, ECONNRESET: the connection is broken;
///          SIGPIPE is not raised. The shared ones.
template <connection Connection, offered_memory Buffers>
transfer_result send_some(Connection& to, Buffers&& from) {
  return detail::move_at_once<direction::send>(to, from);
}

/// Sends all of `from`.
///
/// Returns: success when the kernel has taken all of it; otherwise the exact number of bytes taken and an
///          error.
/// Errors:  EPIPE, ECONNRESET: the connection is broken; SIGPIPE is not raised. The shared ones.
template <connection Connection, offered_memory Buffers, retry::policy Policy>
transfer_result send_all(Connection& to, Buffers&& from, Policy policy, limits const& within = {}) {
  return detail::move_retrying<direction::send>(to, from, std::move(policy), within);
}

/// Receives what has arrived, in one attempt, at most step_max (4 MiB).
///
/// Returns: the number of bytes received; 0 only with an error or if `into` is empty.
/// Errors:  errc::would_block: nothing has arrived. errc::end_of_file: the peer has finished sending; every
///          later receive returns it again. ECONNRESET. TLS: errc::truncated. The shared ones.
template <connection Connection, writable_memory Buffers>
transfer_result receive_some(Connection& from, Buffers&& into) {
  return detail::move_at_once<direction::receive>(from, into);
}

/// Receives until `into` is full. It takes no byte beyond `into` from the kernel.
///
/// Returns: success when `into` is full; otherwise the exact number of bytes received and an error.
/// Errors:  errc::end_of_file: the peer finished sending before that. ECONNRESET. TLS: errc::truncated. The
///          shared ones.
template <connection Connection, writable_memory Buffers, retry::policy Policy>
transfer_result receive_all(Connection& from, Buffers&& into, Policy policy, limits const& within = {}) {
  return detail::move_retrying<direction::receive>(from, into, std::move(policy), within);
}

/// Sends all that the source `from` supplies.
///
/// Returns: success when the source is done and the kernel has taken all of it; otherwise the exact number of
///          bytes taken and an error.
/// Errors:  those of send_all, and those of the source itself.
template <connection Connection, source Source, retry::policy Policy>
transfer_result send(Connection& to, Source from, Policy policy, limits const& within = {}) {
  transfer operation{to, std::move(from), within};
  return complete(operation, std::move(policy));
}

/// Sends a file, or a part of it; see `file_source`.
///
/// Returns: success when the kernel has taken all of it; otherwise the exact number of bytes taken and an
///          error.
/// Errors:  those of send_all, and those of the file.
template <connection Connection, retry::policy Policy>
transfer_result send_file(Connection& to, file_source from, Policy policy, limits const& within = {}) {
  return send(to, std::move(from), std::move(policy), within);
}

/// Sends to `to` what `from` receives, until the peer of `from` finishes sending; see `relay_source`.
///
/// Returns: success at that end; otherwise the exact number of bytes that `to` has taken and an error. Bytes
///          that `from` has received may then be lost: send from a borrowed relay_source to keep them.
/// Errors:  those of receive_some on `from`, but for its end of file, and those of send_all on `to`.
template <connection From, connection To, retry::policy Policy>
transfer_result relay(From& from, To& to, Policy policy, limits const& within = {}) {
  return send(to, relay_source{from}, std::move(policy), within);
}

/// Receives until the sink `into` is done.
///
/// Returns: success when the sink is done; otherwise the exact number of bytes received and an error.
/// Errors:  those of receive_all, and those of the sink itself.
template <connection Connection, sink Sink, retry::policy Policy>
transfer_result receive(Connection& from, Sink into, Policy policy, limits const& within = {}) {
  transfer operation{from, std::move(into), within};
  return complete(operation, std::move(policy));
}

/// Receives into a file, or into a part of it; see `file_sink`.
///
/// Returns: success when the file has all of it; otherwise the exact number of bytes received and an error.
/// Errors:  those of receive_all, and those of the file. Without a length, the peer's end of file is success.
template <connection Connection, retry::policy Policy>
transfer_result receive_file(Connection& from, file_sink into, Policy policy, limits const& within = {}) {
  return receive(from, std::move(into), std::move(policy), within);
}

/// Ends sending (TLS: close_notify; then shutdown(SHUT_WR)) and reports whether the peer has taken all of it:
/// one attempt, or with a policy; see `finishing`. Receiving is still possible.
///
/// Returns: 0 bytes when the kernel's send queue is empty; otherwise the number of bytes that the peer has
///          not taken, and an error.
/// Errors:  errc::would_block: the one attempt found the queue not empty. ENOTCONN; ECONNRESET: the
///          connection is broken. The shared ones.
template <has_descriptor Connection>
transfer_result finish(Connection& with) {
  finishing operation{with, {.timeout = nanoseconds{0}}};
  operation.advance();
  return operation.result();
}
template <has_descriptor Connection, retry::policy Policy>
transfer_result finish(Connection& with, Policy policy, limits const& within = {}) {
  finishing operation{with, within};
  return complete(operation, std::move(policy));
}

}  // namespace nonblocking
}  // namespace trivium
