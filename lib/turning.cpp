// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <algorithm>
#include <trivium/step.hpp>
#include <trivium/turning.hpp>
#include <utility>

namespace trivium {
namespace {

error_code invalid() noexcept {
  return {EINVAL, boost::system::system_category()};
}

}  // namespace

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
    if (now - progress_ >= stall_.length()) return errc::stalled;
    auto const quarter = std::max(stall_.length() / quarters, nanoseconds{1});
    look_stall_ = progress_ + ((now - progress_) / quarter + 1) * quarter;
    look_stall_ = std::min(look_stall_, progress_ + stall_.length());
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

turning::turning(limits const& ends_it) noexcept
    : stop_{ends_it.stop.token()},
      timeout_{ends_it.timeout},
      watch_{ends_it.stall_timeout, ends_it.min_rate} {
  bool const nonsense =
      timeout_.negative() || ends_it.stall_timeout.length() <= nanoseconds::zero() ||
      (ends_it.min_rate.bytes_per_second != 0 && ends_it.min_rate.over.length() <= nanoseconds::zero());
  if (nonsense) end(invalid());
}

void turning::begin() noexcept {
  begun_ = true;
  if (timeout_.never_waits()) return;
  deadline_ = timeout_.from(timeout_.relative() ? now() : time_point{});
}

turned turning::end(error_code error) noexcept {
  ended_ = true;
  result_.error = error;
  return turned::ended;
}

void turning::fail(error_code error) noexcept {
  if (!ended_) end(error);
}

time_point turning::due() const noexcept {
  return std::min({deadline_, look_again_, watch_.due()});
}

turned turning::turn(std::size_t budget) noexcept {
  if (ended_) return turned::ended;
  if (!begun_) begin();
  for (;;) {
    if (stop_requested_ || stop_.stop_requested()) return end(errc::stopped);
    if (complete()) return end({});

    bool const was_over = over_;
    auto const answer = step(std::min(budget, step_max));
    result_.calls += answer.calls;
    result_.bytes += answer.bytes;
    if (answer.bytes != 0) moved_since_wait_ = true;

    using enum attempt::outcome;
    if (answer.what == failed) return end(answer.error);
    if (answer.what == done || complete()) return end({});
    if (answer.what == would_block) {
      if (answer.bytes == 0) ++result_.would_blocks;
      if (auto const how = blocked(answer); how != turned::moved) return how;
      continue;
    }
    if (deadline_ != time_point::max()) {
      if (was_over) return end(errc::timed_out);
      over_ = now() >= deadline_;
    }
    budget -= std::min(budget, answer.bytes);
    if (budget == 0) return turned::moved;
  }
}

// turned::moved here: a limit fell due while the attempt was under way, and asks for one more.
turned turning::blocked(attempt const& answer) noexcept {
  if (timeout_.never_waits()) return end(errc::would_block);
  wants_ = answer.waits_for;
  look_again_ = time_point::max();
  bool const timed = deadline_ != time_point::max() || watch_.any() || answer.look_again.count() != 0;
  if (!timed) return turned::would_block;

  auto const at = now();
  if (at >= deadline_) {
    if (over_) return end(errc::timed_out);
    over_ = true;
    return turned::moved;
  }
  if (answer.look_again.count() != 0) look_again_ = later(at, answer.look_again);
  if (watch_.any()) {
    auto const taken = static_cast<std::int64_t>(result_.bytes) - static_cast<std::int64_t>(queued());
    if (auto const why = watch_.look(at, taken, std::exchange(moved_since_wait_, false))) return end(why);
  }
  return turned::would_block;
}

}  // namespace trivium
