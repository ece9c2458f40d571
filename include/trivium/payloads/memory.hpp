// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Memory buffers as a source and as a sink.
#pragma once

#include <trivium/config.hpp>

#include <concepts>
#include <cstddef>
#include <trivium/buffers.hpp>
#include <trivium/payload.hpp>
#include <utility>

namespace TRIVIUM_EXPORT trivium {

/// The remaining part of the caller's buffers, and how much of it is to be moved. Borrows the memory.
class memory_left {
 public:
  static constexpr bool waits_elsewhere = false;

  /// Moves all of `of`, or some of it.
  memory_left(pieces of, amount how_much) noexcept : left_{std::move(of)}, how_much_{how_much} {}

  /// The number of bytes that remain.
  std::size_t left() const noexcept { return left_.left(); }
  /// Whether none remain.
  bool done() const noexcept { return left() == 0; }
  /// Whether a transfer ends with the first bytes or with all of them.
  amount how_much() const noexcept { return how_much_; }

  /// The remaining memory if it is one contiguous piece; otherwise an empty iovec.
  iovec only_piece() const noexcept { return left_.only(); }
  /// Removes `bytes` from the front: they were moved by a call outside this class.
  void consume(std::size_t bytes) noexcept { left_.consume(bytes); }

 protected:
  /// What remains.
  pieces left_;

 private:
  amount how_much_;
};

/// Buffers as a source.
class memory_source : public memory_left {
 public:
  using memory_left::memory_left;

  /// Makes one attempt to send at most `most` bytes; see `source`.
  template <std::derived_from<channel> Channel>
  attempt send_to(Channel& to, std::size_t most, may_block allowed) noexcept {
    auto const answer = to.send(left_.next(most), allowed);
    left_.consume(answer.bytes);
    return answer;
  }
};

/// Buffers as a sink.
class memory_sink : public memory_left {
 public:
  using memory_left::memory_left;

  /// Makes one attempt to receive at most `most` bytes; see `sink`.
  template <std::derived_from<channel> Channel>
  attempt receive_from(Channel& from, std::size_t most, may_block allowed) noexcept {
    auto const answer = from.receive(left_.next(most), allowed);
    left_.consume(answer.bytes);
    return answer;
  }
};

/// Makes a source or a sink of buffers: `transfer{peer, sending(buffer)}`.
///
/// Lifetime: the memory must live until the transfer has ended. A buffer sequence is copied; its bytes are
///           not.
/// Throws:   std::bad_alloc for a sequence of more than two buffers.
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

namespace detail {

template <direction Moving, class Buffers>
auto moving(Buffers&& what, amount how_much) {
  if constexpr (Moving == direction::send)
    return sending(what, how_much);
  else
    return receiving(what, how_much);
}

}  // namespace detail
}  // namespace trivium
