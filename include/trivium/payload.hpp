// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What a transfer moves: a source, which gives bytes to a channel, or a sink, which takes them from one.
#pragma once

#include <trivium/config.hpp>

#include <concepts>
#include <cstddef>
#include <trivium/channel.hpp>

namespace TRIVIUM_EXPORT trivium {

/// The most that one attempt moves. A single non-blocking send of 2 GiB holds its thread for up to 0.7 s on
/// loopback, and Linux cuts it at 0x7ffff000 bytes although the socket is not full: a wait would then not
/// end.
inline constexpr std::size_t step_max = std::size_t{4} << 20;

/// Whether an operation ends with the first bytes that move or with the last.
enum class amount { some, all };

enum class direction { send, receive };

/// Gives bytes to a channel.
///
///     class zeros {                                              // sends so many of them
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
/// `send_to` makes one attempt with at most `most` bytes, and keeps what `attempt::bytes` does not count. It
/// may answer for itself: `would_block` with an interest of its own while it has nothing to give, `failed`
/// with its own error. `done`: it has given all; it is not asked again.
template <class Source>
concept source = std::move_constructible<Source> &&
    requires(Source& from, Source const& asked, channel& to, std::size_t most, may_block allowed) {
  { from.send_to(to, most, allowed) }
  noexcept->std::same_as<attempt>;
  { asked.done() }
  noexcept->std::same_as<bool>;
};

/// Takes bytes from a channel: likewise, with `receive_from`.
template <class Sink>
concept sink = std::move_constructible<Sink> &&
    requires(Sink& into, Sink const& asked, channel& from, std::size_t most, may_block allowed) {
  { into.receive_from(from, most, allowed) }
  noexcept->std::same_as<attempt>;
  { asked.done() }
  noexcept->std::same_as<bool>;
};

template <class Payload>
concept payload = source<Payload> || sink<Payload>;

/// Whether a transfer of it ends with the first bytes or with the last, which is what it does unless the
/// payload has a `how_much`.
template <payload Payload>
constexpr amount how_much(Payload const& of) noexcept {
  if constexpr (requires { of.how_much(); })
    return of.how_much();
  else
    return amount::all;
}

/// What an attempt for so much is allowed where it may sleep.
constexpr may_block may_block_for(amount how_much) noexcept {
  return how_much == amount::all ? may_block::until_all : may_block::until_some;
}

}  // namespace trivium
