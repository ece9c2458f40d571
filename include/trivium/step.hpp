// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// One attempt: from a source into a channel, or from a channel into a sink.
#pragma once

#include <trivium/config.hpp>

#include <concepts>
#include <cstddef>
#include <trivium/buffers.hpp>
#include <trivium/channel.hpp>
#include <utility>

namespace TRIVIUM_EXPORT trivium {

/// The most that one attempt moves. A single non-blocking send of 2 GiB holds its thread for up to 0.7 s on
/// loopback, and Linux cuts it at 0x7ffff000 bytes although the socket is not full: a wait would then not
/// end.
inline constexpr std::size_t step_max = std::size_t{4} << 20;

/// Whether an operation ends with the first bytes that move or with the last.
enum class amount { some, all };

/// What an attempt for so much is allowed where it may sleep.
constexpr may_block may_block_for(amount how_much) noexcept {
  return how_much == amount::all ? may_block::until_all : may_block::until_some;
}

/// What is left of the caller's memory, of which some or all is to move. Borrows the memory.
class memory_left {
 public:
  memory_left(pieces of, amount how_much) noexcept : left_{std::move(of)}, amount_{how_much} {}

  std::size_t left() const noexcept { return left_.left(); }
  amount how_much() const noexcept { return amount_; }

  /// What is left, if it is one piece; else an empty one.
  iovec only_piece() const noexcept { return left_.only(); }
  /// So many bytes of it have moved by other means.
  void consume(std::size_t bytes) noexcept { left_.consume(bytes); }

 protected:
  pieces left_;

 private:
  amount amount_;
};

/// Memory to send from.
class memory_source : public memory_left {
 public:
  using memory_left::memory_left;

  /// Offers at most `most` bytes to `to`.
  template <std::derived_from<channel> Channel>
  attempt step(Channel& to, std::size_t most, may_block allowed) noexcept {
    auto const answer = to.send(left_.next(most), allowed);
    left_.consume(answer.bytes);
    return answer;
  }
};

/// Memory to receive into.
class memory_sink : public memory_left {
 public:
  using memory_left::memory_left;

  /// Takes at most `most` bytes from `from`.
  template <std::derived_from<channel> Channel>
  attempt step(Channel& from, std::size_t most, may_block allowed) noexcept {
    auto const answer = from.receive(left_.next(most), allowed);
    left_.consume(answer.bytes);
    return answer;
  }
};

/// What a transfer moves: `transfer{peer, sending(buffer)}`. The memory must live until the transfer has
/// ended; a sequence of pieces is copied, the bytes are not.
template <offered_memory Buffers>
memory_source sending(Buffers&& from, amount how_much = amount::all) {
  static_assert(!character_array<Buffers>,
                "a character array would be sent with its terminating zero, or whatever else it ends with: "
                "send std::string_view{array}, or boost::asio::buffer(array, size)");
  static_assert(lasting_memory<Buffers>, "the memory would be gone before it is sent: name it first");
  return {pieces{from}, how_much};
}
template <offered_memory Buffers>
memory_source sending_some(Buffers&& from) {
  return sending(std::forward<Buffers>(from), amount::some);
}
template <writable_memory Buffers>
memory_sink receiving(Buffers&& into, amount how_much = amount::all) {
  static_assert(lasting_memory<Buffers>, "the memory would be gone before it is filled: name it first");
  return {pieces{into}, how_much};
}
template <writable_memory Buffers>
memory_sink receiving_some(Buffers&& into) {
  return receiving(std::forward<Buffers>(into), amount::some);
}

}  // namespace trivium
