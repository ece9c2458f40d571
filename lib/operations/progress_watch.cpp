// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "operations/progress_watch.hpp"

#include <algorithm>

namespace trivium {

namespace {

// The time after `now` at which to check next whether anything has moved since `since`: at each quarter of
// `longest`, and at its end.
time_point next_look(time_point now, time_point since, nanoseconds longest) noexcept {
  auto const quarter = std::max(longest / 4, nanoseconds{1});
  auto const without = time_between(since, now);
  return later(since, std::min(longer(without / quarter * quarter, quarter), longest));
}

}  // namespace

error_code progress_watch::look(time_point now, std::int64_t taken, bool moved_since) noexcept {
  if (!begun_) {
    begun_ = true;
    samples_.fill(taken);
    taken_ = taken;
    progress_ = now;
    look_rate_ = later(now, over_.length() / quarters);
  } else if (taken > taken_ || moved_since) {
    progress_ = now;
    if (movement_) movement_->at(now);
  }
  taken_ = std::max(taken_, taken);

  if (!stall_.for_ever()) {
    if (time_between(progress_, now) >= stall_.length()) return errc::stalled;
    look_stall_ = next_look(now, progress_, stall_.length());
  }
  if (movement_) {
    auto const since = std::max(progress_, movement_->when());
    if (time_between(since, now) >= idle_.length()) return errc::stalled;
    look_idle_ = next_look(now, since, idle_.length());
  }
  if (bytes_per_second_ != 0 && now >= look_rate_) {
    auto const needed = static_cast<long double>(bytes_per_second_) *
                        std::chrono::duration<long double>(over_.length()).count();
    // The ring begins filled with the first sample, and no rate is judged before one whole period has passed.
    auto const stretch = static_cast<long double>(taken_ - samples_[oldest_ % quarters]);
    bool const whole = oldest_ + 1 >= quarters;
    samples_[oldest_ % quarters] = taken_;
    ++oldest_;
    look_rate_ = later(now, std::max(over_.length() / quarters, nanoseconds{1}));
    if (whole && stretch < needed) return errc::too_slow;
  }
  return {};
}

time_point progress_watch::due() const noexcept {
  auto first = time_point::max();
  if (!begun_) return first;
  if (!stall_.for_ever()) first = look_stall_;
  if (movement_) first = std::min(first, look_idle_);
  if (bytes_per_second_ != 0) first = std::min(first, look_rate_);
  return first;
}

}  // namespace trivium
