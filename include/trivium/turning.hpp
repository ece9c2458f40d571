// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The turn: the one order in which every operation of every way goes, and the limits that end it.
#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <stop_token>
#include <trivium/channel.hpp>
#include <trivium/limits.hpp>
#include <trivium/transfer_result.hpp>

namespace trivium {

enum class turned {
  would_block,  ///< wait for what `wants()` says, at most until `due()`, and turn again
  moved,        ///< the budget of this turn is used up; turn again when others have had theirs
  ended,        ///< see `result()`
};

/// What is measured to tell a stall or a low rate: when a wait began, and what the peer had taken by then.
class progress_watch {
 public:
  progress_watch() noexcept = default;
  progress_watch(time_span stall_timeout, min_rate rate) noexcept;

  bool any() const noexcept { return !stall_.for_ever() || bytes_per_second_ != 0; }

  /// A wait begins, or goes on, at `now`; by now the peer has `taken` so many bytes (negative: it has yet to
  /// take what earlier operations queued). Returns why to end it, if so.
  error_code look(time_point now, std::int64_t taken, bool moved_since) noexcept;

  /// When to look next at the latest.
  time_point due() const noexcept;

 private:
  static constexpr unsigned quarters = 4;

  time_span stall_{};
  time_span over_{};
  std::uint64_t bytes_per_second_ = 0;

  bool begun_ = false;
  unsigned oldest_ = 0;
  std::int64_t taken_ = 0;  // at the last look
  time_point progress_{};   // when the last progress was seen
  time_point look_stall_{};
  time_point look_rate_{};
  std::array<std::int64_t, quarters> samples_{};  // what was taken a whole `over` ago, and its quarters
};

/// An operation under way. It never sleeps: its owner turns it, and waits between the turns as it likes.
///
///     while (operation.turn() == turned::would_block) wait_for(operation.wants(), operation.due());
///
/// Each turn goes: stop asked? -> attempt -> done or failed? -> moved, but time over? -> would block: timeout
/// zero, or a limit over? So a stop is seen before every attempt; a limit is reported only after an attempt
/// that was made when it had already expired; and what one attempt can finish is finished.
///
/// The time runs from the first turn. Threads: one at a time; the stop may come from any.
class turning {
 public:
  turning(turning&&) noexcept = default;
  turning& operator=(turning&&) noexcept = default;

  /// Attempts until it would block or has ended; or until about `budget` bytes have moved, if that is first.
  turned turn(std::size_t budget = std::numeric_limits<std::size_t>::max()) noexcept;

  /// After turned::would_block: what to wait for, and when to turn at the latest (time_point::max(): never).
  trivium::wants wants() const noexcept { return wants_; }
  time_point due() const noexcept;

  bool ended() const noexcept { return ended_; }
  transfer_result const& result() const noexcept { return result_; }

  /// The token of its limits: whoever waits for it must wake when it is asked to stop.
  std::stop_token const& stop() const noexcept { return stop_; }

  /// Its next turn ends it with errc::stopped, as its stop token would.
  void request_stop() noexcept { stop_requested_ = true; }

  /// Ends it now with `error`, for a way that cannot wait.
  void fail(error_code error) noexcept;

  /// For the ways: a wait is over that took so long.
  void waited(std::chrono::nanoseconds time) noexcept {
    ++result_.waits;
    result_.waited += time;
  }

 protected:
  explicit turning(limits const& ends_it) noexcept;
  virtual ~turning() = default;

  /// One attempt to move at most `most` bytes.
  virtual attempt step(std::size_t most) noexcept = 0;
  /// Bytes that were moved but not yet taken by the peer.
  virtual std::size_t queued() noexcept { return 0; }
  /// Whether `bytes` so far is all that was asked for.
  virtual bool complete() const noexcept { return false; }

  transfer_result result_;

 private:
  void begin() noexcept;
  turned end(error_code error) noexcept;
  turned blocked(attempt const& answer) noexcept;

  std::stop_token stop_;
  trivium::timeout timeout_;
  time_point deadline_ = time_point::max();
  time_point look_again_ = time_point::max();
  progress_watch watch_;
  trivium::wants wants_;
  bool begun_ = false;
  bool ended_ = false;
  bool over_ = false;             // the deadline had passed when the last attempt came back
  bool moved_since_wait_ = true;  // bytes moved after the last look at the watch
  bool stop_requested_ = false;
};

}  // namespace trivium
