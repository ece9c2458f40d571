// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A transfer that completes with its first system call, as most small transfers do. (To construct an
// operation costs more than a small system call.)
#pragma once

#include <trivium/config.hpp>

#include <sys/types.h>

#include <trivium/buffers.hpp>
#include <trivium/connection.hpp>
#include <trivium/limits.hpp>
#include <trivium/mode.hpp>
#include <trivium/operations/transfer.hpp>
#include <type_traits>

namespace TRIVIUM_EXPORT trivium {
namespace detail {

/// A transfer that one system call can complete: one piece of memory, of at most step_max bytes, through a
/// bare descriptor, where nothing but the peer can end the transfer. What the call leaves is a `transfer`.
///
/// Lifetime: borrows the descriptor and the memory. Threads: as for transfer.
template <direction Moving>
class one_call {
 public:
  using memory = std::conditional_t<Moving == direction::send, memory_source, memory_sink>;
  static constexpr direction moving = Moving;

  constexpr one_call() noexcept = default;
  constexpr one_call(int descriptor, iovec piece, amount how_much) noexcept
      : descriptor_{descriptor}, piece_{piece.iov_len <= step_max ? piece : iovec{}}, how_much_{how_much} {}

  template <connection Connection, class Buffers>
  one_call(Connection& through, Buffers&& what, amount how_much, limits const& within) : how_much_{how_much} {
    if (unlimited(through, within)) *this = one_call{through, what, how_much};
  }
  /// Requires: the connection's mode has no limit.
  template <connection Connection, class Buffers>
  one_call(Connection& through, Buffers&& what, amount how_much) : how_much_{how_much} {
    if constexpr (bare_descriptor<Connection>)
      *this = one_call{static_cast<int>(through.native_handle()), trivium::only_piece(what), how_much};
  }

  /// Whether the transfer satisfies these conditions and is not empty.
  explicit operator bool() const noexcept { return piece_.iov_len != 0; }

  amount how_much() const noexcept { return how_much_; }

  /// Makes the system call. Returns the number of bytes transferred, or a negative value, and then errno is
  /// set.
  ssize_t make(may_block allowed) const noexcept;
  /// Whether the transfer is complete after a system call that has returned `n`.
  bool completed_by(ssize_t n) const noexcept {
    return n > 0 && (how_much_ == amount::some || static_cast<std::size_t>(n) == piece_.iov_len);
  }
  /// The result of the complete transfer. Requires: completed_by(n).
  static transfer_result result(ssize_t n) noexcept {
    return {.bytes = static_cast<std::size_t>(n), .error = {}, .calls = 1};
  }
  /// What is left to transfer. The system call that was made counts as its first attempt. Requires:
  /// !completed_by(n); errno is unchanged since the call.
  transfer<memory> remainder(ssize_t n, may_block allowed) const noexcept;
  transfer<memory> remainder(ssize_t n, may_block allowed, limits const& within) const;

 private:
  attempt answer(ssize_t n, may_block allowed) const noexcept;

  int descriptor_ = -1;
  iovec piece_{};
  amount how_much_ = amount::all;
};

extern template class one_call<direction::send>;
extern template class one_call<direction::receive>;

}  // namespace detail
}  // namespace trivium
