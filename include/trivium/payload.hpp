// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What a transfer moves: a source, which supplies the bytes to send, or a sink, which consumes the bytes that
// are received.
#pragma once

#include <trivium/config.hpp>

#include <concepts>
#include <cstddef>
#include <trivium/channel.hpp>

namespace TRIVIUM_EXPORT trivium {

/// The maximum number of bytes of one attempt, 4 MiB. A single nonblocking send of 2 GiB holds its thread for
/// up to 0.7 s on loopback. Linux also truncates it to 0x7ffff000 bytes although the socket is not full, and
/// a wait after that short count would not end.
inline constexpr std::size_t step_max = std::size_t{4} << 20;

/// The number of bytes, 1 MiB, after which one operation of an event loop or of a multiplexer lets other work
/// run. To copy so many takes 0.1 to 0.3 ms.
inline constexpr std::size_t loop_budget = std::size_t{1} << 20;

/// Whether an operation ends with the first bytes that move, or with all of them.
enum class amount { some, all };

/// The direction of a transfer.
enum class direction { send, receive };

/// Supplies the bytes that a transfer sends to a channel.
///
///     class zeros {                                              // sends `left` zero bytes
///      public:
///       attempt send_to(channel& to, std::size_t most, may_block allowed) noexcept {
///         iovec const next{block, std::min({left, most, sizeof block})};
///         auto const answer = to.send({&next, 1}, allowed);
///         left -= answer.bytes;
///         return answer;
///       }
///       bool done() const noexcept { return left == 0; }
///       ...
///
/// `send_to` makes one attempt with at most `most` bytes, and keeps the bytes that `attempt::bytes` does not
/// count. It may also return an attempt of its own: `failed` with its own error, or `would_block` with an
/// interest of its own while it has no data. The operation then waits for that descriptor, which must be one
/// that poll(2) or epoll(7) waits for, and must stay open until the operation has ended. (In the asynchronous
/// way it becomes O_NONBLOCK, as Asio requires.)
///
/// `done` returns true when it has supplied everything. `send_to` is not called after that: what the channel
/// holds back then (TLS) is sent without the source.
template <class Source>
concept source = std::move_constructible<Source> &&
    requires(Source& from, Source const& asked, channel& to, std::size_t most, may_block allowed) {
  { from.send_to(to, most, allowed) }
  noexcept->std::same_as<attempt>;
  { asked.done() }
  noexcept->std::same_as<bool>;
};

/// Consumes the bytes that a transfer receives from a channel. As a source, with `receive_from` for
/// `send_to`.
template <class Sink>
concept sink = std::move_constructible<Sink> &&
    requires(Sink& into, Sink const& asked, channel& from, std::size_t most, may_block allowed) {
  { into.receive_from(from, most, allowed) }
  noexcept->std::same_as<attempt>;
  { asked.done() }
  noexcept->std::same_as<bool>;
};

/// What a transfer moves.
template <class Payload>
concept payload = source<Payload> || sink<Payload>;

/// Whether an attempt of the payload may have to wait for another descriptor than the connection's. A payload
/// that never does says so, and saves an asynchronous operation memory:
/// `static constexpr bool waits_elsewhere = false`.
template <payload Payload>
inline constexpr bool may_wait_elsewhere = [] {
  if constexpr (requires { Payload::waits_elsewhere; })
    return Payload::waits_elsewhere;
  else
    return true;
}();

/// Whether a transfer of the payload ends with the first bytes or with all of them: the payload's
/// `how_much()`, or amount::all if it has none.
template <payload Payload>
constexpr amount how_much(Payload const& of) noexcept {
  if constexpr (requires { of.how_much(); })
    return of.how_much();
  else
    return amount::all;
}

/// How long an attempt for `how_much` may sleep, where it may sleep at all.
constexpr may_block may_block_for(amount how_much) noexcept {
  return how_much == amount::all ? may_block::until_all : may_block::until_some;
}

}  // namespace trivium
