// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// An operation under way: the one order in which every operation of every way advances, and the limits that
// end it.
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

enum class progress {
  pending,  ///< wait for what `interest()` says, at most until `due()`, and advance again
  yielded,  ///< the budget is used up: advance again when other work has had its time
  done,     ///< see `result()`
};

class progress_watch;

namespace detail {
struct operation_access;
}

/// An operation under way. It does not sleep: its owner advances it, and waits in between as it likes.
///
///     while (operation.advance() == progress::pending) wait_for(operation.interest(), operation.due());
///
/// Each round goes: stop asked? -> attempt -> done or failed? -> moved, but a limit over? -> would block:
/// timeout zero, or a limit over? So a stop is seen before every attempt, and every limit after it, also
/// where it never blocks; a timeout is reported only after an attempt that was made when it had already
/// passed; and what one attempt can finish is finished.
///
/// The time runs from the first `advance`. Threads: one at a time; the stop may come from any.
class operation {
 public:
  operation(operation&&) noexcept;

  /// Attempts until it would block or has ended; or until about `budget` bytes have moved, if that is first.
  /// An attempt counts for an eighth of step_max at least: it may be work although it moves little (TLS), or
  /// nothing.
  progress advance(std::size_t budget = std::numeric_limits<std::size_t>::max()) noexcept;

  /// After progress::pending: what to wait for, and when to advance at the latest (time_point::max(): never).
  /// Where neither direction is wanted, only time tells.
  trivium::interest interest() const noexcept { return interest_; }
  time_point due() const noexcept;

  /// Whether anything but the peer can end it: a limit, or a stop token.
  bool limited() const noexcept;

  bool ended() const noexcept { return ended_; }
  transfer_result const& result() const noexcept { return result_; }

  /// The token of its limits: whoever waits for it must wake when it is asked to stop.
  std::stop_token const& stop() const noexcept { return stop_; }

  /// The next `advance` ends it with errc::stopped, as its stop token would.
  void request_stop() noexcept { stop_requested_ = true; }

  /// Ends it now with `error`, for a way that cannot wait.
  void fail(error_code error) noexcept;

  /// Counts a wait that is over and took so long.
  void waited(std::chrono::nanoseconds time) noexcept {
    ++result_.waits;
    result_.waited = longer(result_.waited, std::max(time, nanoseconds::zero()));
  }

 protected:
  operation() noexcept : begun_{true} {}  // without limits
  explicit operation(limits const& within);
  virtual ~operation();

  /// One attempt to move at most `most` bytes; `done` if nothing is left to do.
  virtual attempt step(std::size_t most) noexcept = 0;
  /// What the peer has taken, from any zero: progress, to a stall or a rate limit.
  virtual std::int64_t taken() noexcept { return static_cast<std::int64_t>(result_.bytes); }
  bool kernel_waits() const noexcept { return kernel_waits_; }
  /// Begins with a wait for `first` instead of an attempt. False: it may not wait, or has ended.
  bool expect(trivium::interest first) noexcept;
  /// Begins with an attempt that has been made already, and was so far allowed to block. Requires: it has not
  /// been advanced.
  void begin_with(attempt const& first, may_block allowed) noexcept;
  /// Whether it has succeeded, though it may still have something to wait for: then no error ends it.
  virtual bool enough() const noexcept { return false; }

  transfer_result result_;

 private:
  friend struct detail::operation_access;

  struct given_back {
    void operator()(progress_watch* watch) const noexcept;
  };

  void begin() noexcept;
  progress end(error_code error) noexcept;
  // How far that brings it; none: it makes its next attempt at once.
  std::optional<progress> account(attempt const& answer) noexcept;
  std::optional<progress> blocked(attempt const& answer) noexcept;
  error_code look(time_point at) noexcept;  // at the watch, which there is

  std::stop_token stop_;
  time_point deadline_ = time_point::max();  // until it begins: from the clock's zero, if it is a duration
  time_point look_again_ = time_point::max();
  std::unique_ptr<progress_watch, given_back> watch_;  // none without a stall or rate limit
  trivium::interest interest_;
  bool never_waits_ = false;
  bool begun_ = false;
  bool ended_ = false;
  bool over_ = false;             // the deadline had passed when the last attempt came back
  bool moved_since_look_ = true;  // bytes moved after the last look at the watch
  bool stop_requested_ = false;
  bool kernel_waits_ = false;
  bool next_sleeps_ = false;  // in the kernel, when the next bytes have moved
};

}  // namespace trivium
