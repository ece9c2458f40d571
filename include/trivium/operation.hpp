// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The base of all operations: attempts, limits and result. Every operation of every way advances in the order
// that is given here.
#pragma once

#include <trivium/config.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <stop_token>
#include <trivium/channel.hpp>
#include <trivium/limits.hpp>
#include <trivium/transfer_result.hpp>

namespace TRIVIUM_EXPORT trivium {

/// How far an operation came.
enum class progress {
  pending,  ///< it would block: wait for `interest()`, at most until `due()`, then advance again
  yielded,  ///< the budget is used up: run other work, then advance again
  done,     ///< it has ended: see `result()`
};

class progress_watch;

namespace detail {
struct operation_access;
}

/// An operation under way. It never sleeps: its owner advances it, and decides how to wait in between.
///
///     while (operation.advance() == progress::pending) wait_for(operation.interest(), operation.due());
///
/// Each round has the same order:
///   1. If a stop was requested, it ends with errc::stopped.
///   2. It makes an attempt, and ends if that has completed the operation or has failed.
///   3. If the attempt moved bytes and a limit has passed, it ends with that limit's error.
///   4. If the attempt would block, it ends if the timeout is zero or a limit has passed; else it is pending.
///
/// A stop is therefore noticed before every attempt, and a limit after every attempt, also where the
/// operation never blocks. A timeout is reported only after an attempt that was made when it had already
/// passed. What one attempt can complete is completed.
///
/// The time of a limit runs from the first `advance`.
/// Threads: one at a time. A stop may be requested from any thread.
class operation {
 public:
  operation(operation&&) noexcept;

  /// Makes attempts until it would block, has ended, or has moved about `budget` bytes. Each attempt counts
  /// as at least loop_budget / 8 (128 KiB) of the budget, since it may be much work although it moves few
  /// bytes or none (TLS).
  progress advance(std::size_t budget = std::numeric_limits<std::size_t>::max()) noexcept;

  /// After progress::pending: the readiness to wait for, and the time at which to advance in any case
  /// (time_point::max(): none). With readiness::none there is nothing to wait for but that time. After
  /// progress::done: the readiness that its last attempt found used up, or readiness::none.
  trivium::interest interest() const noexcept { return interest_; }
  time_point due() const noexcept;

  /// Whether it has a limit or a stop token. Without one, only the peer can end its waits.
  bool limited() const noexcept;

  /// Whether it has ended.
  bool ended() const noexcept { return ended_; }
  /// What it has done so far; its result once it has ended.
  transfer_result const& result() const noexcept { return result_; }

  /// The stop token of its limits. A wait for the operation must end when a stop is requested.
  std::stop_token const& stop() const noexcept { return stop_; }

  /// Makes the next `advance` end it with errc::stopped, as its stop token would. Not thread-safe.
  void request_stop() noexcept { stop_requested_ = true; }

  /// Ends it now with `error`, where a wait is not possible. No effect if it has ended.
  void fail(error_code error) noexcept;

  /// Records a wait of length `time` in the result.
  void waited(std::chrono::nanoseconds time) noexcept {
    ++result_.waits;
    result_.waited = longer(result_.waited, std::max(time, nanoseconds::zero()));
  }

 protected:
  /// Without limits, or with these.
  operation() noexcept : begun_{true} {}
  explicit operation(limits const& within);
  virtual ~operation();

  /// Makes one attempt to move at most `most` bytes. Returns `done` if nothing is left to do.
  virtual attempt step(std::size_t most) noexcept = 0;
  /// The number of bytes that the peer has taken, relative to any fixed origin. An increase is progress in
  /// the sense of the stall and rate limits.
  virtual std::int64_t taken() noexcept { return static_cast<std::int64_t>(result_.bytes); }
  /// Whether an attempt may sleep in the kernel.
  bool kernel_waits() const noexcept { return kernel_waits_; }
  /// Begins with a wait for `first` instead of an attempt. Returns false if it may not wait or has ended.
  bool expect(trivium::interest first) noexcept;
  /// Accounts for an attempt that was made before, with `allowed`, as its first attempt.
  ///
  /// Requires: it has not been advanced.
  void begin_with(attempt const& first, may_block allowed) noexcept;
  /// Whether it has succeeded, although it may still wait for something. It then ends without an error,
  /// whatever ends it.
  virtual bool enough() const noexcept { return false; }

  /// What `result` returns.
  transfer_result result_;

 private:
  friend struct detail::operation_access;

  struct watch_deleter {
    void operator()(progress_watch* watch) const noexcept;
  };

  void begin() noexcept;
  progress end(error_code error) noexcept;
  // The progress after that attempt; none: make the next attempt at once.
  std::optional<progress> account(attempt const& answer) noexcept;
  std::optional<progress> blocked(attempt const& answer) noexcept;
  error_code look(time_point at) noexcept;  // requires watch_

  std::stop_token stop_;
  time_point deadline_ = time_point::max();  // before begin(): a duration, counted from the clock's epoch
  time_point look_again_ = time_point::max();
  std::unique_ptr<progress_watch, watch_deleter> watch_;  // null without a stall, rate or idle limit
  trivium::interest interest_;
  bool never_waits_ = false;
  bool begun_ = false;
  bool ended_ = false;
  bool over_ = false;             // the deadline had passed when the last attempt returned
  bool moved_since_look_ = true;  // bytes have moved since the last look at the watch
  bool stop_requested_ = false;
  bool kernel_waits_ = false;
  bool next_sleeps_ = false;  // the next attempt may sleep in the kernel; counted as a wait if it moves bytes
};

}  // namespace trivium
