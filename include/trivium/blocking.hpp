// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The verbs of the blocking way.

/// @namespace trivium::blocking
/// The blocking way: the calling thread sleeps in the kernel until the operation has ended.
///
/// What every verb of this way shares, beyond the contract of all ways (docs/contract.md):
///  Waits:    in ppoll(2), which another thread's stop and every limit end. A transfer with neither sleeps in
///            the call that moves the bytes. No event loop is needed.
///  Returns:  the exact number of bytes and the error, if any; connect and accept return a socket or an
///            error.
///  Errors:   shared by all verbs: errc::timed_out, stalled, too_slow and stopped: a limit of the call or of
///            the connection's mode ended the operation. errc::would_block: the call's timeout is zero and
///            the operation would have had to wait. EINVAL: a limit that is out of range, see `limits`.
///            EBADF: the connection is closed or was moved from. EMFILE, ENFILE or ENOMEM of eventfd(2): see
///            Threads. All other errors of the kernel are passed on in the system category; those of TLS are
///            listed at tls_session.
///  Throws:   std::bad_alloc, before the first attempt, where limits or a long buffer sequence need memory.
///  Lifetime: everything is borrowed for the call only. The connection stays at its address until it returns.
///  O_NONBLOCK: neither needed nor changed on the descriptor. Exceptions: accept sets it on the listening
///            descriptor; send_file and relay on that of the connection that is sent to.
///  Threads:  one send and one receive at a time on a connection. Each thread that has waited under a stop
///            token owns one eventfd; if it cannot be made, the call fails with that error before it waits.
///            After a fork the child makes its own.
///  Cancellation: by limits::stop, from any thread. No call is a cancellation point of pthread_cancel(3): a
///            call under way in a thread that is cancelled continues, and the thread is cancelled at the
///            program's own next cancellation point. (This holds for every call of the library, in every way,
///            and for a thread of the default cancelability type, deferred. A loop's run() is Asio's, and is
///            cancelled as Asio's.)
#pragma once

#include <trivium/config.hpp>

#include <trivium/detail/one_call.hpp>
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
#include <utility>

namespace TRIVIUM_EXPORT trivium {
namespace blocking {

/// Advances `op` to its end, and sleeps in between. The verbs below do this with an operation that they make.
///
/// Returns: op.result(), by reference.
transfer_result const& complete(operation& op);

}  // namespace blocking

namespace detail {

/// Completes what `call` left undone when it returned `n`.
template <direction Moving>
TRIVIUM_EXPORT transfer_result complete_blocking(one_call<Moving> const& call, ssize_t n);

// (Inline always: as a function of its own it costs a small send a tenth.)
template <direction Moving>
[[gnu::always_inline]] inline transfer_result make_blocking(one_call<Moving> const& call) {
  auto const n = call.make(may_block_for(call.how_much()));
  return call.completed_by(n) ? call.result(n) : complete_blocking(call, n);
}

template <direction Moving, connection Connection, class Buffers>
transfer_result move_blocking(Connection& between, Buffers&& what, amount how_much, limits const& within) {
  if (one_call<Moving> const call{between, what, how_much, within}) return make_blocking(call);
  transfer operation{between, moving<Moving>(what, how_much), within};
  return blocking::complete(operation);
}

}  // namespace detail

namespace blocking {

/// Connects to a host and service, or to an endpoint; see `connecting` for how the addresses of a name are
/// tried.
///
/// Returns: a connected socket, or an error.
/// Errors:  of the look-up and of connect(2), listed at `connecting`. The shared ones; of the limits only
///          `timeout` and `stop` apply. They end a look-up too, at once.
[[nodiscard]] result<socket> connect(std::string_view host, service const& at, limits const& within = {},
                                     connect_options const& how = {});
[[nodiscard]] result<socket> connect(endpoint const& to, limits const& within = {},
                                     connect_options const& how = {});

/// Accepts one connection at a trivium::listener, a trivium::socket that listens, or an Asio acceptor.
///
/// Returns: the accepted socket, or an error.
/// Errors:  of accept(2), see `accepting`. The shared ones; of the limits only `timeout` and `stop` apply. At
///          a listener, a shortage of descriptors or memory does not end the accept: it tries again, within
///          its limits.
/// Threads: several may accept at once; each connection is returned to one of them.
template <has_descriptor Listening>
[[nodiscard]] result<socket> accept(Listening& at, limits const& within = {}) {
  accepting operation{at, within};
  complete(operation);
  return operation.take();
}

/// Performs the TLS handshake, with the verification of the peer; see `handshaking`. On a plain connection it
/// succeeds and makes no system call.
///
/// Returns: 0 bytes. Another handshake continues where one that a limit ended stopped.
/// Errors:  see tls_session. The shared ones; of the limits only `timeout` and `stop` apply.
template <connection Connection>
transfer_result handshake(Connection& with, limits const& within = {}) {
  handshaking operation{with, within};
  return complete(operation);
}

/// Sends at least one byte of `from`, and at most step_max (4 MiB) in one attempt. `timeout` bounds the wait
/// for the first byte.
///
/// Returns: the number of bytes that the kernel has taken; 0 only with an error or if `from` is empty. On TLS
///          it then also waits, within its limits, until the kernel has taken the records it made.
/// Errors:  EPIPE, ECONNRESET: the connection is broken; SIGPIPE is not raised. The shared ones.
template <connection Connection, offered_memory Buffers>
transfer_result send_some(Connection& to, Buffers&& from, limits const& within = {}) {
  return detail::move_blocking<direction::send>(to, from, amount::some, within);
}

/// Sends all of `from`.
///
/// Returns: success when the kernel has taken all of it; otherwise the exact number of bytes taken and an
///          error.
/// Errors:  EPIPE, ECONNRESET: the connection is broken; SIGPIPE is not raised. The shared ones.
template <connection Connection, offered_memory Buffers>
transfer_result send_all(Connection& to, Buffers&& from, limits const& within = {}) {
  return detail::move_blocking<direction::send>(to, from, amount::all, within);
}

/// Receives at least one byte into `into`, and at most step_max (4 MiB). `timeout` bounds the wait for the
/// first byte.
///
/// Returns: the number of bytes received; 0 only with an error or if `into` is empty.
/// Errors:  errc::end_of_file: the peer has finished sending; every later receive returns it again.
///          ECONNRESET. TLS: errc::truncated. The shared ones.
template <connection Connection, writable_memory Buffers>
transfer_result receive_some(Connection& from, Buffers&& into, limits const& within = {}) {
  return detail::move_blocking<direction::receive>(from, into, amount::some, within);
}

/// Receives until `into` is full. It takes no byte beyond `into` from the kernel.
///
/// Returns: success when `into` is full; otherwise the exact number of bytes received and an error.
/// Errors:  errc::end_of_file: the peer finished sending before that. ECONNRESET. TLS: errc::truncated. The
///          shared ones.
template <connection Connection, writable_memory Buffers>
transfer_result receive_all(Connection& from, Buffers&& into, limits const& within = {}) {
  return detail::move_blocking<direction::receive>(from, into, amount::all, within);
}

/// Sends all that the source `from` supplies.
///
/// Returns: success when the source is done and the kernel has taken all of it; otherwise the exact number of
///          bytes taken and an error.
/// Errors:  those of send_all, and those of the source itself.
template <connection Connection, source Source>
transfer_result send(Connection& to, Source from, limits const& within = {}) {
  transfer operation{to, std::move(from), within};
  return complete(operation);
}

/// Sends a file, or a part of it; see `file_source`.
///
/// Returns: success when the kernel has taken all of it; otherwise the exact number of bytes taken and an
///          error.
/// Errors:  those of send_all, and those of the file.
template <connection Connection>
transfer_result send_file(Connection& to, file_source from, limits const& within = {}) {
  return send(to, std::move(from), within);
}

/// Sends to `to` what `from` receives, until the peer of `from` finishes sending; see `relay_source`. (The
/// other direction is another call, in another thread.)
///
/// Returns: success at that end; otherwise the exact number of bytes that `to` has taken and an error. Bytes
///          that `from` has received may then be lost: send from a borrowed relay_source to keep them.
/// Errors:  those of receive_some on `from`, but for its end of file, and those of send_all on `to`.
template <connection From, connection To>
transfer_result relay(From& from, To& to, limits const& within = {}) {
  return send(to, relay_source{from}, within);
}

/// Receives until the sink `into` is done.
///
/// Returns: success when the sink is done; otherwise the exact number of bytes received and an error.
/// Errors:  those of receive_all, and those of the sink itself.
template <connection Connection, sink Sink>
transfer_result receive(Connection& from, Sink into, limits const& within = {}) {
  transfer operation{from, std::move(into), within};
  return complete(operation);
}

/// Receives into a file, or into a part of it; see `file_sink`.
///
/// Returns: success when the file has all of it; otherwise the exact number of bytes received and an error.
/// Errors:  those of receive_all, and those of the file. Without a length, the peer's end of file is success.
template <connection Connection>
transfer_result receive_file(Connection& from, file_sink into, limits const& within = {}) {
  return receive(from, std::move(into), within);
}

/// Ends sending (TLS: close_notify; then shutdown(SHUT_WR)) and waits until the peer has taken all of it; see
/// `finishing`. Receiving is still possible.
///
/// Returns: 0 bytes when the kernel's send queue is empty; otherwise the number of bytes that the peer has
///          not taken, and an error.
/// Errors:  ENOTCONN; ECONNRESET: the connection is broken. The shared ones.
template <has_descriptor Connection>
transfer_result finish(Connection& with, limits const& within = {}) {
  finishing operation{with, within};
  return complete(operation);
}

}  // namespace blocking
}  // namespace trivium
