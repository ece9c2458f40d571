// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A source or a sink that moves at most so many bytes a second.
#pragma once

#include <trivium/config.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <trivium/limits.hpp>
#include <trivium/payload.hpp>
#include <type_traits>
#include <utility>

namespace TRIVIUM_EXPORT trivium {
namespace detail {

/// A token bucket, with a token for each byte. It is empty at first, and holds the tokens of 50 ms: a wait
/// that ends late by less costs no throughput, and what was not used for longer is not made up for.
class token_bucket {
 public:
  explicit token_bucket(std::uint64_t per_second) noexcept
      : per_second_{static_cast<double>(std::max<std::uint64_t>(per_second, 1))} {}

  /// The number of bytes that may be moved at that time.
  std::size_t available(time_point at) noexcept {
    if (filled_at_ != time_point{}) tokens_ += seconds{time_between(filled_at_, at)}.count() * per_second_;
    tokens_ = std::clamp(tokens_, 0.0, std::max(1.0, per_second_ * holds.count()));
    filled_at_ = at;
    return static_cast<std::size_t>(tokens_);
  }
  void take(std::size_t bytes) noexcept { tokens_ -= static_cast<double>(bytes); }

  /// How long it takes until a piece is available that is worth a system call: the bytes of 2 ms, at least
  ///                                                                           one.
  nanoseconds time_until_more() const noexcept {
    double const missing = std::max(1.0, per_second_ * worth_a_call.count()) - tokens_;
    return std::chrono::ceil<nanoseconds>(seconds{std::max(missing, 0.0) / per_second_});
  }

 private:
  using seconds = std::chrono::duration<double>;
  static constexpr seconds holds{0.05}, worth_a_call{0.002};

  double per_second_;
  double tokens_ = 0;
  time_point filled_at_{};
};

}  // namespace detail

/// Another source or sink, at most at a rate.
///
///     blocking::send(peer, paced{file_source{"disk.img"}, 10'000'000}, {.stall_timeout = 10s});
///
/// Effect:   moves at most `bytes_per_second`, evenly: a piece every 2 ms, or later where the rate is less
///           than 500 bytes a second. A piece that is late is larger, by as much as 50 ms are worth. In
///           between the operation waits for time alone.
/// Limits:   a pause is a wait without progress.
template <payload Payload>
class paced {
 public:
  /// Moves `what`. A rate of 0 is taken for 1.
  paced(Payload what, std::uint64_t bytes_per_second) noexcept(std::is_nothrow_move_constructible_v<Payload>)
      : what_{std::move(what)}, tokens_{bytes_per_second} {}

  /// As those of the payload.
  attempt send_to(channel& to, std::size_t most, may_block allowed) noexcept requires source<Payload> {
    return move(most, [&](std::size_t bytes) { return what_.send_to(to, bytes, allowed); });
  }
  attempt receive_from(channel& from, std::size_t most, may_block allowed) noexcept requires sink<Payload> {
    return move(most, [&](std::size_t bytes) { return what_.receive_from(from, bytes, allowed); });
  }
  bool done() const noexcept { return what_.done(); }
  amount how_much() const noexcept { return trivium::how_much(what_); }

 private:
  template <class Move>
  attempt move(std::size_t most, Move by) noexcept {
    auto const available = tokens_.available(now());
    if (available == 0 || tokens_.time_until_more() != nanoseconds::zero())
      return {.what = attempt::outcome::would_block,
              .look_again = std::max(tokens_.time_until_more(), nanoseconds{1}),
              .calls = 0};
    auto const answer = by(std::min(most, available));
    tokens_.take(answer.bytes);
    return answer;
  }

  Payload what_;
  detail::token_bucket tokens_;
};

}  // namespace trivium
