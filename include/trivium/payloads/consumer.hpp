// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A function as a sink: the bytes are used as they are received.
#pragma once

#include <trivium/config.hpp>

#include <algorithm>
#include <cerrno>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <span>
#include <trivium/detail/thrown.hpp>
#include <trivium/detail/window.hpp>
#include <trivium/payload.hpp>
#include <type_traits>
#include <utility>

namespace TRIVIUM_EXPORT trivium {

/// A function that is given the bytes that have been received. It returns nothing, or a bool: whether it
/// wants more.
template <class Function>
concept consumes_memory = requires(Function& function, std::span<std::byte const> bytes) {
  requires std::is_void_v<decltype(function(bytes))> || std::is_same_v<decltype(function(bytes)), bool>;
};

/// A function as a sink.
///
///     blocking::receive(peer, consumer{[&](std::span<std::byte const> bytes) { hash.update(bytes); }});
///
/// Effect:   receives into memory, 64 KiB at first and up to 1 MiB while that is filled, and calls
///           `function` with it, from the thread that advances the transfer: every byte once, in order. It
///           may keep nothing of the memory.
/// Length:   with a length it takes no byte beyond it. Without, it takes all until the peer finishes
///           sending, which is then no error, or until the function returns false.
/// Errors:   where the function throws, as of a `generator`. `transfer_result::bytes` includes the bytes
///           that it was given by that call. errc::end_of_file: the peer has finished sending before
///           `length` bytes.
template <consumes_memory Function>
class consumer {
 public:
  static constexpr bool waits_elsewhere = false;

  /// Consumes all until the peer finishes sending.
  explicit consumer(Function function) noexcept(std::is_nothrow_move_constructible_v<Function>)
      : function_{std::move(function)} {}
  /// Consumes `length` bytes.
  consumer(Function function, std::uint64_t length) noexcept(std::is_nothrow_move_constructible_v<Function>)
      : function_{std::move(function)}, left_{length}, until_end_{false} {}

  /// What the function has thrown; null if nothing. For that, pass the consumer by reference: `borrow`.
  std::exception_ptr exception() const noexcept { return thrown_.exception; }

  /// Makes one attempt to receive at most `most` bytes; see `sink`.
  attempt receive_from(channel& from, std::size_t most, may_block allowed) noexcept {
    if (thrown_.error) return failed(thrown_.error);
    iovec room = memory_.room(static_cast<std::size_t>(std::min<std::uint64_t>(left_, most)));
    if (room.iov_len == 0) return failed({ENOMEM, boost::system::system_category()});
    auto answer = from.receive({&room, 1}, allowed);
    if (until_end_ && answer.what == attempt::outcome::failed && answer.error == errc::end_of_file) {
      left_ = 0;
      return {.what = attempt::outcome::moved, .calls = answer.calls};
    }
    if (answer.bytes == 0) return answer;
    if (!until_end_) left_ -= answer.bytes;
    bool more = true;
    std::span const bytes{static_cast<std::byte const*>(room.iov_base), answer.bytes};
    bool const returned = thrown_.guards([&] {
      if constexpr (std::is_void_v<decltype(function_(bytes))>)
        function_(bytes);
      else
        more = function_(bytes);
    });
    if (!returned) {
      answer.what = attempt::outcome::failed;
      answer.error = thrown_.error;
    } else if (!more) {
      left_ = 0;
    }
    return answer;
  }
  /// Whether it wants no more.
  bool done() const noexcept { return left_ == 0; }

 private:
  static attempt failed(error_code error) noexcept {
    return {.what = attempt::outcome::failed, .error = error, .calls = 0};
  }

  Function function_;
  detail::window memory_;
  std::uint64_t left_ = std::numeric_limits<std::uint64_t>::max();
  bool until_end_ = true;
  detail::thrown thrown_;
};

/// A function that does nothing with the bytes that it is given.
struct discarding {
  void operator()(std::span<std::byte const>) const noexcept {}
};

/// Receives `length` bytes, or all until the peer finishes sending, and drops them: `discard{length}`.
class discard : public consumer<discarding> {
 public:
  discard() noexcept : consumer{discarding{}} {}
  explicit discard(std::uint64_t length) noexcept : consumer{discarding{}, length} {}
};

}  // namespace trivium
