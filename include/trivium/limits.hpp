// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The limits of one operation: a timeout, a stall timeout, a minimum rate, and a stop request from another
// thread. Limits own nothing and start nothing; the call that is given limits copies what it needs before
// it returns.
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

/// The clock of every limit. It is steady, so that a change of the wall clock does not affect a limit.
using clock = std::chrono::steady_clock;
using time_point = clock::time_point;
using nanoseconds = std::chrono::nanoseconds;

/// The current time of that clock.
time_point now() noexcept;

// Saturating arithmetic, for lengths that a user supplies: a result that would overflow is the nearest
// representable value.

/// `length` + `by`.
constexpr nanoseconds longer(nanoseconds length, nanoseconds by) noexcept {
  nanoseconds::rep exact = 0;
  if (!__builtin_add_overflow(length.count(), by.count(), &exact)) return nanoseconds{exact};
  return by < nanoseconds::zero() ? nanoseconds::min() : nanoseconds::max();
}

/// `from` + `length`, which may be negative.
constexpr time_point later(time_point from, nanoseconds length) noexcept {
  return time_point{longer(from.time_since_epoch(), length)};
}

/// `end` - `begin`; negative if `end` is earlier.
constexpr nanoseconds time_between(time_point begin, time_point end) noexcept {
  nanoseconds::rep exact = 0;
  auto const from = begin.time_since_epoch().count(), to = end.time_since_epoch().count();
  if (!__builtin_sub_overflow(to, from, &exact)) return nanoseconds{exact};
  return to < from ? nanoseconds::min() : nanoseconds::max();
}

/// A length of time, in nanoseconds, saturating. The default, std::nullopt and every length that does not fit
/// (`hours::max()`) are infinite.
class time_span {
 public:
  /// Infinite.
  constexpr time_span() noexcept = default;
  constexpr time_span(std::nullopt_t) noexcept {}

  /// Rounded away from zero to nanoseconds. NaN becomes the most negative length.
  template <class Rep, class Period>
  constexpr time_span(std::chrono::duration<Rep, Period> length) noexcept : length_{saturated(length)} {}

  /// The same; std::nullopt is infinite.
  template <class Rep, class Period>
  constexpr time_span(std::optional<std::chrono::duration<Rep, Period>> length) noexcept
      : length_{length ? saturated(*length) : nanoseconds::max()} {}

  /// Whether it is infinite.
  constexpr bool for_ever() const noexcept { return length_ == nanoseconds::max(); }
  /// The length; nanoseconds::max() if it is infinite.
  constexpr nanoseconds length() const noexcept { return length_; }

 private:
  template <class Rep, class Period>
  static constexpr nanoseconds saturated(std::chrono::duration<Rep, Period> length) noexcept {
    auto const exact = std::chrono::duration<long double, std::nano>(length).count();
    if (exact != exact)
      return nanoseconds::min();  // NaN is not a length, and is rejected like a negative one
    if (!(exact < static_cast<long double>(nanoseconds::max().count()))) return nanoseconds::max();
    if (exact <= static_cast<long double>(nanoseconds::min().count())) return nanoseconds::min();
    // Rounds away from zero, so that no limit is early, and a fraction of a nanosecond does not become zero.
    auto const towards_zero = static_cast<std::int64_t>(exact);
    auto const part = exact - static_cast<long double>(towards_zero);
    return nanoseconds{towards_zero + (part > 0) - (part < 0)};
  }

  nanoseconds length_ = nanoseconds::max();
};

/// How long an operation may take: a duration from the call (async: from initiation), or `until` a time.
///
/// None (std::nullopt, the default) is infinite. Zero never waits: errc::would_block. Negative is EINVAL.
/// Otherwise errc::timed_out, never early. For a `_some` verb it bounds the wait for the first byte. These
/// are the rules of Python's settimeout(None), (0.0), (t).
class timeout : public time_span {
 public:
  using time_span::time_span;
  /// A duration from the call.
  constexpr timeout(time_span length) noexcept : time_span{length} {}

  /// Whether it is a duration of zero.
  constexpr bool never_waits() const noexcept { return !until_ && length() == nanoseconds::zero(); }
  /// Whether it is infinite.
  constexpr bool for_ever() const noexcept { return !until_ && time_span::for_ever(); }
  /// Whether it is a negative duration.
  constexpr bool negative() const noexcept { return !until_ && length() < nanoseconds::zero(); }

  /// The time at which it passes for an operation that begins `now`; time_point::max() if never.
  constexpr time_point from(time_point now) const noexcept {
    if (until_) return time_point{length()};
    return later(now, length());
  }
  /// Whether the result of `from` depends on `now`.
  constexpr bool relative() const noexcept { return !until_ && !for_ever(); }

  friend constexpr timeout until(time_point when) noexcept {
    timeout result{when.time_since_epoch()};
    result.until_ = true;
    return result;
  }

 private:
  bool until_ = false;
};

/// A time of `clock` as a timeout. If it has passed already, an operation still makes one attempt.
constexpr timeout until(time_point when) noexcept;

/// Ends the operation with errc::too_slow if its progress is less than `bytes_per_second` over any interval
/// of length `over`, checked every quarter of `over`; nothing is checked during the first interval.
/// *Progress* is defined at `limits`. Zero bytes per second is no limit.
struct min_rate {
  std::uint64_t bytes_per_second = 0;        ///< the lowest rate that is not too slow
  time_span over = std::chrono::seconds{5};  ///< the interval over which it is measured
};

/// A reference to a std::stop_token lvalue, borrowed for the call. A temporary is rejected: limits
/// that are stored would refer to a destroyed token.
class stop_reference {
 public:
  /// No token.
  constexpr stop_reference() noexcept = default;
  /// Borrows `token`, which has a name: a temporary does not compile.
  stop_reference(std::stop_token const& token) noexcept : token_{&token} {}
  template <class Token>
  requires std::is_same_v<std::remove_const_t<Token>, std::stop_token> stop_reference(Token&&) {
    static_assert(std::is_lvalue_reference_v<Token>,
                  "the stop token would be gone before it is asked: name it first, "
                  "auto const token = source.get_token(); and then .stop = token");
  }

  /// Whether it refers to a token.
  constexpr bool given() const noexcept { return token_ != nullptr; }
  /// A copy of the token; an empty one if there is none.
  std::stop_token token() const noexcept { return token_ ? *token_ : std::stop_token{}; }

 private:
  std::stop_token const* token_ = nullptr;
};

/// The time at which a connection with an idle timeout last moved bytes, in either direction. Threads: any.
class last_movement {
 public:
  /// Records a movement. It has no effect if a later one is recorded.
  void at(time_point when) noexcept {
    auto const since = when.time_since_epoch().count();
    auto before = last_.load(std::memory_order_relaxed);
    while (before < since && !last_.compare_exchange_weak(before, since, std::memory_order_relaxed)) {
    }
  }
  /// The last movement; time_point::min() if there was none.
  time_point when() const noexcept {
    return time_point{clock::duration{last_.load(std::memory_order_relaxed)}};
  }

 private:
  std::atomic<clock::rep> last_{time_point::min().time_since_epoch().count()};
};

/// The idle timeout of a connection, and its last movement. See mode::set_idle_timeout.
struct idle_timeout {
  time_span longest;                  ///< infinite: no idle timeout
  std::shared_ptr<last_movement> of;  ///< not null if `longest` is finite
};

/// A reference to a connection's idle timeout, borrowed for the call. A call has no idle timeout of its own.
class idle_reference {
 public:
  /// No idle timeout.
  constexpr idle_reference() noexcept = default;
  /// Borrows `of`.
  idle_reference(idle_timeout const& of) noexcept : of_{&of} {}

  /// Whether it refers to an idle timeout.
  constexpr bool given() const noexcept { return of_ != nullptr; }
  /// The length of the idle timeout, infinite if there is none.
  time_span longest() const noexcept { return of_ ? of_->longest : time_span{}; }
  /// The last movement of its connection; null if there is none.
  std::shared_ptr<last_movement> of() const noexcept { return of_ ? of_->of : nullptr; }

 private:
  idle_timeout const* of_ = nullptr;
};

/// The limits of one operation. All are optional; without any it waits without bound. After a limit the
/// connection remains usable, and the operation can be resumed.
///
/// *Progress*, for stall_timeout, min_rate and the idle timeout, is that bytes have moved or, when sending,
/// that the kernel's send queue of the socket became shorter, because the peer has taken bytes. A full kernel
/// buffer therefore neither hides a stall nor looks like one. Operations that move no bytes (connect, accept,
/// handshake) use `timeout` and `stop` only.
///
/// Errors: EINVAL, from the operation, if `timeout` is negative; from one that moves bytes also if
///         `stall_timeout`, or `min_rate.over` with a rate, is not greater than zero.
struct limits {
  trivium::timeout timeout{};    ///< total time: errc::timed_out; zero: errc::would_block
  time_span stall_timeout{};     ///< time without progress: errc::stalled, after 1 to 1.25 times this length
  trivium::min_rate min_rate{};  ///< lowest rate: errc::too_slow
  stop_reference stop{};         ///< a stop requested in any thread: errc::stopped
  idle_reference idle{};         ///< set by a mode, see mode::set_idle_timeout: errc::stalled

  /// Whether no limit is set.
  constexpr bool none() const noexcept {
    return timeout.for_ever() && stall_timeout.for_ever() && min_rate.bytes_per_second == 0 &&
           !stop.given() && !idle.given();
  }
};

// g++ 12 destroys the members of an aggregate temporary in a co_await expression twice.
static_assert(std::is_trivially_destructible_v<limits>);

/// The limits of `all` that apply to an operation that moves no bytes.
constexpr limits time_and_stop(limits const& all) noexcept {
  return {.timeout = all.timeout, .stop = all.stop};
}

}  // namespace trivium
