// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The first attempt of a transfer that needs no more, as most small ones. (To make an operation costs more
// than a small call.)
#pragma once

#include <trivium/config.hpp>

#include <sys/types.h>

#include <trivium/buffers.hpp>
#include <trivium/connection.hpp>
#include <trivium/limits.hpp>
#include <trivium/mode.hpp>
#include <trivium/transfer.hpp>
#include <type_traits>

namespace TRIVIUM_EXPORT trivium {
namespace detail {

/// A transfer that one system call may do: of one piece, of at most step_max, through a descriptor that
/// nothing but the peer can end. What that call leaves is a `transfer`.
template <direction Moving>
class one_call {
 public:
  using memory = std::conditional_t<Moving == direction::send, memory_source, memory_sink>;

  constexpr one_call() noexcept = default;
  constexpr one_call(int descriptor, iovec piece, amount how_much) noexcept
      : descriptor_{descriptor}, piece_{piece.iov_len <= step_max ? piece : iovec{}}, how_much_{how_much} {}

  template <connection Connection, class Buffers>
  one_call(Connection& through, Buffers&& what, amount how_much, limits const& within) : how_much_{how_much} {
    if constexpr (bare_descriptor<Connection>)
      if (unlimited(through, within))
        *this = one_call{static_cast<int>(through.native_handle()), trivium::only_piece(what), how_much};
  }

  /// Whether there is such a call to make.
  explicit operator bool() const noexcept { return piece_.iov_len != 0; }

  amount how_much() const noexcept { return how_much_; }

  /// Makes it: the bytes that it moved, or a negative value and errno.
  ssize_t make(may_block allowed) const noexcept;
  bool completed_by(ssize_t n) const noexcept {
    return n > 0 && (how_much_ == amount::some || static_cast<std::size_t>(n) == piece_.iov_len);
  }
  /// Requires: completed by `n`.
  static transfer_result result(ssize_t n) noexcept {
    return {.bytes = static_cast<std::size_t>(n), .error = {}, .calls = 1};
  }
  /// What is left to do otherwise. Requires: errno is that of the call.
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
