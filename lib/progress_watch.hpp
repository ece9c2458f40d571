// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Whether an operation that waits still gets on.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <trivium/error.hpp>
#include <trivium/limits.hpp>

namespace trivium {

/// What is measured to tell a stall or a low rate: when it was first looked at, and what the peer had taken.
class progress_watch {
 public:
  explicit progress_watch(limits const& of) noexcept { start(of); }

  /// Begins anew, for another operation.
  void start(limits const& of) noexcept {
    stall_ = of.stall_timeout;
    over_ = of.min_rate.over;
    bytes_per_second_ = of.min_rate.bytes_per_second;
    if (of.idle.given()) {  // or it has none since `finish`
      idle_ = of.idle.longest();
      movement_ = of.idle.of();
    }
    begun_ = false;  // the first look sets all else
    oldest_ = 0;
  }

  /// Lets go of what it shares with a connection.
  void finish() noexcept {
    if (movement_) movement_.reset();
  }

  /// By `now` the peer has `taken` so many bytes (negative: it has yet to take what earlier operations
  /// queued). Returns why to end it, if so.
  error_code look(time_point now, std::int64_t taken, bool moved_since) noexcept;

  /// Bytes have moved, though nobody looks: news for the other direction of a connection with an idle
  /// timeout.
  void moved() noexcept {
    if (movement_) movement_->at(now());
  }

  /// Whether it has been looked at.
  bool begun() const noexcept { return begun_; }

  /// When to look next at the latest.
  time_point due() const noexcept;

 private:
  static constexpr unsigned quarters = 4;

  time_span stall_{};
  time_span over_{};
  time_span idle_{};
  std::shared_ptr<last_movement> movement_;  // of both directions, with an idle timeout
  std::uint64_t bytes_per_second_ = 0;

  bool begun_ = false;
  unsigned oldest_ = 0;
  std::int64_t taken_ = 0;  // at the last look
  time_point progress_{};   // when the last progress was seen
  time_point look_stall_{};
  time_point look_idle_{};
  time_point look_rate_{};
  std::array<std::int64_t, quarters> samples_{};  // what was taken a whole `over` ago, and its quarters
};

}  // namespace trivium
