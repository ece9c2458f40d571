// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The nonblocking way: the caller goes on with its own work, and retries by a policy that it named.
//
// What every way promises stands in the contract (README); here is what is this way's own:
//   Waits:    as the retry policy says. `_some` verbs make one attempt and answer would_block.
//   Needs:    no event loop; does not depend on the descriptor's O_NONBLOCK.
// A program with a loop of its own advances a `transfer` or a `connecting` itself, and needs no policy.
#pragma once

#include <trivium/config.hpp>

#include <trivium/accepting.hpp>
#include <trivium/connecting.hpp>
#include <trivium/finishing.hpp>
#include <trivium/handshaking.hpp>
#include <trivium/one_call.hpp>
#include <trivium/retry.hpp>
#include <trivium/transfer.hpp>

namespace TRIVIUM_EXPORT trivium {
namespace nonblocking {

/// Advances `op` to its end; in between the policy passes the time. If the policy throws, the exception
/// passes through and `op` holds the exact count, ready to be advanced further.
template <retry::policy Policy>
transfer_result const& complete(operation& op, Policy policy) {
  while (op.advance() == progress::pending) policy.between(op);
  return op.result();
}

/// A connect under way: advance it, or give it to `complete`.
[[nodiscard]] inline connecting connect(std::string_view host, service const& at, limits const& within = {},
                                        connect_options const& how = {}) {
  return {host, at, within, how};
}
[[nodiscard]] inline connecting connect(endpoint const& to, limits const& within = {},
                                        connect_options const& how = {}) {
  return connecting{to, within, how};
}

/// A connected socket.
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

/// The next connection if one waits; else would_block.
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

/// One attempt at what has to be agreed on before the first byte (TLS); see `handshaking`. would_block: call
/// it again, it goes on where it was.
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

/// One attempt of one piece through a descriptor that nothing but the peer can end: one call, and an
/// operation only if that moves nothing.
///
/// Requires: at least one byte, at most step_max (`for_one_call`).
void send_piece(int to, iovec from, transfer_result& result);
void receive_piece(int from, iovec into, transfer_result& result);

/// One attempt: what the kernel takes at once, up to step_max; else would_block.
template <connection Connection, offered_memory Buffers>
transfer_result send_some(Connection& to, Buffers&& from) {
  if constexpr (bare_descriptor<Connection>) {
    if (auto const piece = for_one_call(to, from, {}); piece.iov_len != 0) {
      transfer_result result;
      send_piece(static_cast<int>(to.native_handle()), piece, result);
      return result;
    }
  }
  transfer operation{to, sending_some(from), {.timeout = nanoseconds{0}}};
  operation.advance();
  return operation.result();
}

/// All of `from`, or the exact count and the reason.
template <connection Connection, offered_memory Buffers, retry::policy Policy>
transfer_result send_all(Connection& to, Buffers&& from, Policy policy, limits const& within = {}) {
  transfer operation{to, sending(from), within};
  return complete(operation, std::move(policy));
}

/// One attempt: what has arrived; else would_block, or errc::end_of_file, each time it is asked.
template <connection Connection, writable_memory Buffers>
transfer_result receive_some(Connection& from, Buffers&& into) {
  if constexpr (bare_descriptor<Connection>) {
    if (auto const piece = for_one_call(from, into, {}); piece.iov_len != 0) {
      transfer_result result;
      receive_piece(static_cast<int>(from.native_handle()), piece, result);
      return result;
    }
  }
  transfer operation{from, receiving_some(into), {.timeout = nanoseconds{0}}};
  operation.advance();
  return operation.result();
}

/// All of `into`, or the exact count and the reason; never looks past it.
template <connection Connection, writable_memory Buffers, retry::policy Policy>
transfer_result receive_all(Connection& from, Buffers&& into, Policy policy, limits const& within = {}) {
  transfer operation{from, receiving(into), within};
  return complete(operation, std::move(policy));
}

/// Ends our sending; success if the peer has taken all of it already, else would_block; see `finishing`.
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
