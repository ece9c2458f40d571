// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A function as a source: the bytes are made as they are sent.
#pragma once

#include <trivium/config.hpp>

#include <algorithm>
#include <cerrno>
#include <concepts>
#include <cstddef>
#include <exception>
#include <span>
#include <trivium/detail/thrown.hpp>
#include <trivium/detail/window.hpp>
#include <trivium/payload.hpp>
#include <utility>

namespace TRIVIUM_EXPORT trivium {

/// A function that fills memory: it writes the next bytes to the front of `room`, and returns how many they
/// are; 0 at the end.
template <class Function>
concept fills_memory = requires(Function& function, std::span<std::byte> room) {
  { function(room) } -> std::convertible_to<std::size_t>;
};

/// A function that hands over memory of its own: it returns the next bytes, which must stay as they are until
/// it is called again; an empty span at the end.
template <class Function>
concept hands_over_memory = requires(Function& function) {
  { function() } -> std::convertible_to<std::span<std::byte const>>;
};

/// A function as a source.
///
///     blocking::send(peer, generator{[&](std::span<std::byte> room) { return compressor.next(room); }});
///     blocking::send(peer, generator{[&] { return std::as_bytes(std::span{frames.next()}); }});
///
/// Effect:   calls `function` whenever all that it supplied before has been taken, from the thread that
///           advances the transfer, until it supplies nothing. A function that fills memory is given 64 KiB
///           at first, and up to 1 MiB while it fills them. Of one that hands over memory nothing is
///           copied.
/// Errors:   where the function throws: the code of a system_error, ENOMEM for std::bad_alloc, otherwise
///           errc::function_threw, and `exception` holds what was thrown. All that it supplied before has
///           been sent, and the connection can be used. (transfer_result::connection_usable judges a code
///           of the function's own as if it were the connection's.) It is not called again. EINVAL: it has
///           returned more than the room that it was given.
/// Waits:    it is not to wait for anything else: in the asynchronous way it would hold the loop. There,
///           take each piece where it comes from and send it: `co_await async::send_all(peer, piece,
///           token)`.
template <class Function>
requires fills_memory<Function> || hands_over_memory<Function>
class generator {
 public:
  static constexpr bool waits_elsewhere = false;

  explicit generator(Function function) noexcept(std::is_nothrow_move_constructible_v<Function>)
      : function_{std::move(function)} {}

  /// What the function has thrown; null if nothing. For that, pass the generator by reference: `borrow`.
  std::exception_ptr exception() const noexcept { return thrown_.exception; }

  /// Makes one attempt to send at most `most` bytes; see `source`.
  attempt send_to(channel& to, std::size_t most, may_block allowed) noexcept {
    if (left().empty())
      if (auto const error = refill()) return {.what = attempt::outcome::failed, .error = error, .calls = 0};
    if (ended_) return {.what = attempt::outcome::moved, .calls = 0};
    auto const front = left();
    iovec const next{const_cast<std::byte*>(front.data()), std::min(front.size(), most)};
    auto const answer = to.send({&next, 1}, allowed);
    consume(answer.bytes);
    return answer;
  }
  /// Whether the function has supplied nothing.
  bool done() const noexcept { return ended_; }

 private:
  static constexpr bool fills = fills_memory<Function>;

  std::span<std::byte const> left() const noexcept {
    if constexpr (fills) {
      auto const front = memory_.front(memory_.size());
      return {static_cast<std::byte const*>(front.iov_base), front.iov_len};
    } else {
      return memory_;
    }
  }
  void consume(std::size_t bytes) noexcept {
    if constexpr (fills)
      memory_.consume(bytes);
    else
      memory_ = memory_.subspan(bytes);
  }

  error_code refill() noexcept {
    if (thrown_.error) return thrown_.error;
    if constexpr (fills) {
      auto const room = memory_.room(memory_.last_capacity);
      if (room.iov_len == 0) return {ENOMEM, boost::system::system_category()};
      std::size_t filled = 0;
      if (!thrown_.guards([&] {
            filled = function_(std::span{static_cast<std::byte*>(room.iov_base), room.iov_len});
          }))
        return thrown_.error;
      if (filled > room.iov_len) return {EINVAL, boost::system::system_category()};
      memory_.fill(filled);
    } else if (!thrown_.guards([&] { memory_ = function_(); })) {
      return thrown_.error;
    }
    ended_ = memory_.empty();
    return {};
  }

  Function function_;
  std::conditional_t<fills, detail::window, std::span<std::byte const>> memory_;
  detail::thrown thrown_;
  bool ended_ = false;
};

}  // namespace trivium
