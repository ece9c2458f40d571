// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What ends one operation: time, a stall, a rate, a stop from another thread. It owns nothing and starts
// nothing; the operation that is given limits copies what it needs before it returns.
#pragma once

#include <trivium/config.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <stop_token>
#include <type_traits>

namespace TRIVIUM_EXPORT trivium {

/// The clock of every limit: steady, so that a change of the wall clock ends nothing.
using clock = std::chrono::steady_clock;
using time_point = clock::time_point;
using nanoseconds = std::chrono::nanoseconds;

/// The time by that clock.
time_point now() noexcept;

// Arithmetic on times that a user gives: what would overflow is the nearest that there is.

constexpr nanoseconds longer(nanoseconds length, nanoseconds by) noexcept {
  nanoseconds::rep exact = 0;
  if (!__builtin_add_overflow(length.count(), by.count(), &exact)) return nanoseconds{exact};
  return by < nanoseconds::zero() ? nanoseconds::min() : nanoseconds::max();
}

/// `length` after `from`, or time_point::max() if that is past it; before it, if negative.
constexpr time_point later(time_point from, nanoseconds length) noexcept {
  return time_point{longer(from.time_since_epoch(), length)};
}

/// How long it is from `begin` to `end`: negative if that has passed.
constexpr nanoseconds time_between(time_point begin, time_point end) noexcept {
  nanoseconds::rep exact = 0;
  auto const from = begin.time_since_epoch().count(), to = end.time_since_epoch().count();
  if (!__builtin_sub_overflow(to, from, &exact)) return nanoseconds{exact};
  return to < from ? nanoseconds::min() : nanoseconds::max();
}

/// A length of time that saturates: `hours::max()` is for ever, and so is none at all.
class time_span {
 public:
  constexpr time_span() noexcept = default;
  constexpr time_span(std::nullopt_t) noexcept {}

  template <class Rep, class Period>
  constexpr time_span(std::chrono::duration<Rep, Period> length) noexcept : length_{saturated(length)} {}

  template <class Rep, class Period>
  constexpr time_span(std::optional<std::chrono::duration<Rep, Period>> length) noexcept
      : length_{length ? saturated(*length) : nanoseconds::max()} {}

  constexpr bool for_ever() const noexcept { return length_ == nanoseconds::max(); }
  constexpr nanoseconds length() const noexcept { return length_; }

 private:
  template <class Rep, class Period>
  static constexpr nanoseconds saturated(std::chrono::duration<Rep, Period> length) noexcept {
    auto const exact = std::chrono::duration<long double, std::nano>(length).count();
    if (exact != exact)
      return nanoseconds::min();  // not a number is no length, and refused as one below zero
    if (!(exact < static_cast<long double>(nanoseconds::max().count()))) return nanoseconds::max();
    if (exact <= static_cast<long double>(nanoseconds::min().count())) return nanoseconds::min();
    // Away from zero: a part of a nanosecond counts as one, so that none is early, or passes for zero.
    auto const towards_zero = static_cast<std::int64_t>(exact);
    auto const part = exact - static_cast<long double>(towards_zero);
    return nanoseconds{towards_zero + (part > 0) - (part < 0)};
  }

  nanoseconds length_ = nanoseconds::max();
};

/// How long an operation may take: a duration from the call (async: from initiation), or `until` a time.
///
/// None waits for ever; zero never waits; negative is `invalid_argument`. It is never early. For a `_some`
/// verb it bounds the wait for the first byte. The rule is Python's: settimeout(None), (0.0), (t).
class timeout : public time_span {
 public:
  using time_span::time_span;
  constexpr timeout(time_span length) noexcept : time_span{length} {}

  constexpr bool never_waits() const noexcept { return !until_ && length() == nanoseconds::zero(); }
  constexpr bool for_ever() const noexcept { return !until_ && time_span::for_ever(); }
  constexpr bool negative() const noexcept { return !until_ && length() < nanoseconds::zero(); }

  /// When it is over for an operation that begins `now`; time_point::max() if never.
  constexpr time_point from(time_point now) const noexcept {
    if (until_) return time_point{length()};
    return later(now, length());
  }
  /// Whether `from` looks at `now`.
  constexpr bool relative() const noexcept { return !until_ && !for_ever(); }

  friend constexpr timeout until(time_point when) noexcept {
    timeout result{when.time_since_epoch()};
    result.until_ = true;
    return result;
  }

 private:
  bool until_ = false;
};

/// A time on `clock` as a timeout. One that has passed lets an operation make one attempt.
constexpr timeout until(time_point when) noexcept;

/// Slower than `bytes_per_second` in any stretch of `over` ends the operation; the first stretch is the
/// grace. Measured where progress is, at quarters of `over`. Zero bytes per second: no such
/// limit.
struct min_rate {
  std::uint64_t bytes_per_second = 0;
  time_span over = std::chrono::seconds{5};
};

/// A stop_token lvalue, borrowed for the call. A temporary is refused: an operation that is begun later, or
/// goes on, would find it gone.
class stop_reference {
 public:
  constexpr stop_reference() noexcept = default;
  stop_reference(std::stop_token const& token) noexcept : token_{&token} {}
  template <class Token>
  requires std::is_same_v<std::remove_const_t<Token>, std::stop_token> stop_reference(Token&&) {
    static_assert(std::is_lvalue_reference_v<Token>,
                  "the stop token would be gone before it is asked: name it first, "
                  "auto const token = source.get_token(); and then .stop = token");
  }

  constexpr bool given() const noexcept { return token_ != nullptr; }
  std::stop_token token() const noexcept { return token_ ? *token_ : std::stop_token{}; }

 private:
  std::stop_token const* token_ = nullptr;
};

/// When a connection with an idle timeout last moved anything, in either direction. Threads: any.
class last_movement {
 public:
  void at(time_point when) noexcept {
    auto const since = when.time_since_epoch().count();
    auto before = last_.load(std::memory_order_relaxed);
    while (before < since && !last_.compare_exchange_weak(before, since, std::memory_order_relaxed)) {
    }
  }
  time_point when() const noexcept {
    return time_point{clock::duration{last_.load(std::memory_order_relaxed)}};
  }

 private:
  std::atomic<clock::rep> last_{time_point::min().time_since_epoch().count()};
};

/// How long a connection may be idle, and what tells. See mode::set_idle_timeout.
struct idle_timeout {
  time_span longest;
  std::shared_ptr<last_movement> of;  // if `longest` is not for ever
};

/// A connection's idle timeout, borrowed for the call, which has none of its own.
class idle_reference {
 public:
  constexpr idle_reference() noexcept = default;
  idle_reference(idle_timeout const& of) noexcept : of_{&of} {}

  constexpr bool given() const noexcept { return of_ != nullptr; }
  time_span longest() const noexcept { return of_ ? of_->longest : time_span{}; }
  std::shared_ptr<last_movement> of() const noexcept { return of_ ? of_->of : nullptr; }

 private:
  idle_timeout const* of_ = nullptr;
};

/// What ends one operation. All optional; by default it waits for ever.
///
/// *Progress*, for the last two, is bytes moved and, when sending, that the kernel's queue for the socket
/// got shorter: the peer took something. So a full kernel buffer neither hides a stall nor fakes one. The
/// operations without bytes (connect, accept) heed `timeout` and `stop` only. A stall_timeout, or an `over`
/// with a rate, that is not longer than zero is EINVAL.
struct limits {
  trivium::timeout timeout{};    ///< longest time in all
  time_span stall_timeout{};     ///< longest wait without progress, over zero; told within 1 to 1.25 times it
  trivium::min_rate min_rate{};  ///< slowest rate
  stop_reference stop{};         ///< ends it from any thread
  idle_reference idle{};         ///< a mode's: see mode::set_idle_timeout

  /// Whether all are left out.
  constexpr bool none() const noexcept {
    return timeout.for_ever() && stall_timeout.for_ever() && min_rate.bytes_per_second == 0 &&
           !stop.given() && !idle.given();
  }
};

// g++ 12 destroys the members of an aggregate temporary in a co_await expression twice.
static_assert(std::is_trivially_destructible_v<limits>);

/// What of `all` holds for an operation that moves no bytes.
constexpr limits time_and_stop(limits const& all) noexcept {
  return {.timeout = all.timeout, .stop = all.stop};
}

}  // namespace trivium
