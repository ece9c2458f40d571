// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Whether a waiting operation still makes progress.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <trivium/error.hpp>
#include <trivium/limits.hpp>

namespace trivium {

/// What is measured to detect a stall or a low rate: when progress was last seen, and what the peer had taken
/// by then.
class progress_watch {
 public:
  explicit progress_watch(limits const& of) noexcept { start(of); }

  /// Starts over, for another operation.
  void start(limits const& of) noexcept {
    stall_ = of.stall_timeout;
    over_ = of.min_rate.over;
    bytes_per_second_ = of.min_rate.bytes_per_second;
    if (of.idle.given()) {  // otherwise there is none: `finish` has released it
      idle_ = of.idle.longest();
      movement_ = of.idle.of();
    }
    begun_ = false;  // the first look sets everything else
    oldest_ = 0;
  }

  /// Releases what it shares with a connection.
  void finish() noexcept {
    if (movement_) movement_.reset();
  }

  /// Records that by `now` the peer has taken `taken` bytes (negative while it has yet to take what earlier
  /// operations queued). Returns the error with which to end the operation, if there is one.
  error_code look(time_point now, std::int64_t taken, bool moved_since) noexcept;

  /// Records that bytes have moved, without a look. With an idle timeout this counts as movement for the
  /// other direction of the connection too.
  void moved() noexcept {
    if (movement_) movement_->at(now());
  }

  /// Whether `look` has been called.
  bool begun() const noexcept { return begun_; }

  /// The latest time for the next look.
  time_point due() const noexcept;

 private:
  static constexpr unsigned quarters = 4;

  time_span stall_{};
  time_span over_{};
  time_span idle_{};
  std::shared_ptr<last_movement> movement_;  // shared by both directions; null without an idle timeout
  std::uint64_t bytes_per_second_ = 0;

  bool begun_ = false;
  unsigned oldest_ = 0;
  std::int64_t taken_ = 0;  // at the last look
  time_point progress_{};   // when the last progress was seen
  time_point look_stall_{};
  time_point look_idle_{};
  time_point look_rate_{};
  std::array<std::int64_t, quarters> samples_{};  // what was taken at each quarter of the last `over`
};

}  // namespace trivium
