// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The blocking way: the calling thread sleeps in the kernel until it can go on.
//
// What every way promises stands in the contract (README); here is what is this way's own:
//   Waits:    in ppoll, so that another thread's stop and every limit end the wait; a transfer without
//             either, in the very call that moves the bytes. The descriptor's O_NONBLOCK is neither needed
//             nor changed (accept: set).
//   Threads:  one eventfd for each thread that has waited under a stop token; if it cannot be made, the call
//             fails with that error before it waits. After a fork the child makes its own. No call is a
//             cancellation point: one that is under way when its thread is asked to end by pthread_cancel
//             goes on, and the thread is cancelled at the program's own next cancellation point. What ends a
//             call is a stop, or a limit. (That holds for every call of the library, in every way; a loop's
//             run() is Asio's, and is cancelled as Asio's. For a thread of the default type, deferred.)
//   Needs:    no event loop.
#pragma once

#include <trivium/config.hpp>

#include <trivium/accepting.hpp>
#include <trivium/connecting.hpp>
#include <trivium/detail/one_call.hpp>
#include <trivium/finishing.hpp>
#include <trivium/handshaking.hpp>
#include <trivium/transfer.hpp>
#include <utility>

namespace TRIVIUM_EXPORT trivium {
namespace blocking {

/// Advances `op` to its end; sleeps in between. The verbs below are this, with the operation made.
transfer_result const& complete(operation& op);

}  // namespace blocking

namespace detail {

/// What `call` left when it came to `n`.
template <direction Moving>
transfer_result complete_blocking(one_call<Moving> const& call, ssize_t n);

template <direction Moving, connection Connection, class Buffers>
transfer_result move_blocking(Connection& between, Buffers&& what, amount how_much, limits const& within) {
  if (one_call<Moving> const call{between, what, how_much, within}) {
    auto const n = call.make(may_block_for(how_much));
    return call.completed_by(n) ? call.result(n) : complete_blocking(call, n);
  }
  transfer operation{between, moving<Moving>(what, how_much), within};
  return blocking::complete(operation);
}

}  // namespace detail

namespace blocking {

/// A connected socket. The limits hold for all of it: a stop or a timeout ends a look-up of the name too, at
/// once. How several addresses are tried: see `connecting`.
[[nodiscard]] result<socket> connect(std::string_view host, service const& at, limits const& within = {},
                                     connect_options const& how = {});
[[nodiscard]] result<socket> connect(endpoint const& to, limits const& within = {},
                                     connect_options const& how = {});

/// The next connection of a trivium::listener, a trivium::socket that listens, or an Asio acceptor.
template <has_descriptor Listening>
[[nodiscard]] result<socket> accept(Listening& at, limits const& within = {}) {
  accepting operation{at, within};
  complete(operation);
  return operation.take();
}

/// Agrees with the peer before the first byte, where there is anything to agree on (TLS); see `handshaking`.
template <connection Connection>
transfer_result handshake(Connection& with, limits const& within = {}) {
  handshaking operation{with, within};
  return complete(operation);
}

/// At least one byte; 0 only of an empty buffer. `timeout` bounds the wait for the first byte.
template <connection Connection, offered_memory Buffers>
transfer_result send_some(Connection& to, Buffers&& from, limits const& within = {}) {
  return detail::move_blocking<direction::send>(to, from, amount::some, within);
}

/// All of `from`, or the exact count and the reason.
template <connection Connection, offered_memory Buffers>
transfer_result send_all(Connection& to, Buffers&& from, limits const& within = {}) {
  return detail::move_blocking<direction::send>(to, from, amount::all, within);
}

/// At least one byte, or errc::end_of_file, each time it is asked; 0 only into an empty buffer.
template <connection Connection, writable_memory Buffers>
transfer_result receive_some(Connection& from, Buffers&& into, limits const& within = {}) {
  return detail::move_blocking<direction::receive>(from, into, amount::some, within);
}

/// All of `into`, or the exact count and the reason; never looks past it.
template <connection Connection, writable_memory Buffers>
transfer_result receive_all(Connection& from, Buffers&& into, limits const& within = {}) {
  return detail::move_blocking<direction::receive>(from, into, amount::all, within);
}

/// All that a source gives, or as much as a sink takes; or the exact count and the reason.
template <connection Connection, source Source>
transfer_result send(Connection& to, Source from, limits const& within = {}) {
  transfer operation{to, std::move(from), within};
  return complete(operation);
}
template <connection Connection, sink Sink>
transfer_result receive(Connection& from, Sink into, limits const& within = {}) {
  transfer operation{from, std::move(into), within};
  return complete(operation);
}

/// Ends our sending and waits until the peer has taken all of it; see `finishing`.
template <has_descriptor Connection>
transfer_result finish(Connection& with, limits const& within = {}) {
  finishing operation{with, within};
  return complete(operation);
}

}  // namespace blocking
}  // namespace trivium
