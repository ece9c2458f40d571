// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "progress_watch.hpp"

#include <algorithm>

namespace trivium {

progress_watch::progress_watch(time_span stall_timeout, min_rate rate) noexcept
    : stall_{stall_timeout}, over_{rate.over}, bytes_per_second_{rate.bytes_per_second} {}

error_code progress_watch::look(time_point now, std::int64_t taken, bool moved_since) noexcept {
  if (!begun_) {
    begun_ = true;
    samples_.fill(taken);
    taken_ = taken;
    progress_ = now;
    look_rate_ = later(now, over_.length() / quarters);
  } else if (taken > taken_ || moved_since) {
    progress_ = now;
  }
  taken_ = std::max(taken_, taken);

  if (!stall_.for_ever()) {
    auto const without = time_between(progress_, now);
    if (without >= stall_.length()) return errc::stalled;
    auto const quarter = std::max(stall_.length() / quarters, nanoseconds{1});
    look_stall_ = later(progress_, std::min(longer(without / quarter * quarter, quarter), stall_.length()));
  }
  if (bytes_per_second_ != 0 && now >= look_rate_) {
    auto const needed = static_cast<long double>(bytes_per_second_) *
                        std::chrono::duration<long double>(over_.length()).count();
    // The ring begins filled with the first sample, so the first whole stretch is the grace.
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
  if (bytes_per_second_ != 0) first = std::min(first, look_rate_);
  return first;
}

}  // namespace trivium
