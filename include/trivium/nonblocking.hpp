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
#include <trivium/detail/one_call.hpp>
#include <trivium/detail/operation_access.hpp>
#include <trivium/finishing.hpp>
#include <trivium/handshaking.hpp>
#include <trivium/retry.hpp>
#include <trivium/transfer.hpp>
#include <utility>

namespace TRIVIUM_EXPORT trivium {
namespace detail {

/// The one attempt that `call` was, and which came to `n`.
template <direction Moving>
transfer_result refused_at_once(one_call<Moving> const& call, ssize_t n);

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

/// Advances `op`, which is at `how`, to its end.
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

/// Advances `op` to its end; in between the policy passes the time. If the policy throws, the exception
/// passes through and `op` holds the exact count, ready to be advanced further.
template <retry::policy Policy>
transfer_result const& complete(operation& op, Policy policy) {
  return detail::retry_from(op.advance(), op, policy);
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

/// One attempt: what the kernel takes at once, up to step_max; else would_block.
template <connection Connection, offered_memory Buffers>
transfer_result send_some(Connection& to, Buffers&& from) {
  return detail::move_at_once<direction::send>(to, from);
}

/// All of `from`, or the exact count and the reason.
template <connection Connection, offered_memory Buffers, retry::policy Policy>
transfer_result send_all(Connection& to, Buffers&& from, Policy policy, limits const& within = {}) {
  return detail::move_retrying<direction::send>(to, from, std::move(policy), within);
}

/// One attempt: what has arrived; else would_block, or errc::end_of_file, each time it is asked.
template <connection Connection, writable_memory Buffers>
transfer_result receive_some(Connection& from, Buffers&& into) {
  return detail::move_at_once<direction::receive>(from, into);
}

/// All of `into`, or the exact count and the reason; never looks past it.
template <connection Connection, writable_memory Buffers, retry::policy Policy>
transfer_result receive_all(Connection& from, Buffers&& into, Policy policy, limits const& within = {}) {
  return detail::move_retrying<direction::receive>(from, into, std::move(policy), within);
}

/// All that a source gives, or as much as a sink takes; or the exact count and the reason.
template <connection Connection, source Source, retry::policy Policy>
transfer_result send(Connection& to, Source from, Policy policy, limits const& within = {}) {
  transfer operation{to, std::move(from), within};
  return complete(operation, std::move(policy));
}
template <connection Connection, sink Sink, retry::policy Policy>
transfer_result receive(Connection& from, Sink into, Policy policy, limits const& within = {}) {
  transfer operation{from, std::move(into), within};
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
