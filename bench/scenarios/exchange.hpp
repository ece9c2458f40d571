// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// A request of some bytes and its reply, over and over: the two sides of `ping_pong`, `answered` and
// `connections`, and those of `service_time` that are served at once. Only the end of a round trip needs a
// time, where it began.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "../steps/samples.hpp"
#include "../steps/script.hpp"
#include "../steps/window.hpp"

namespace trivium::bench {

/// When one of many asks: at fixed times, or as soon as it has been answered.
struct pace {
  duration every = {};  ///< zero: as soon as it has been answered
  duration first = {};
};

class asker final : public script {
 public:
  asker(std::size_t request, std::size_t reply, window const& when, pace at = {})
      : request_(request, std::byte{1}),
        reply_(reply, std::byte{1}),
        when_(when),
        pace_(at),
        own_(std::in_place) {}
  /// Another, which asks the same; `first` notes and reports the trips of both.
  static std::unique_ptr<asker> beside(asker& first, pace at = {}) {
    return std::unique_ptr<asker>(new asker(first, at));
  }

  step next(event const& last) override {
    if (last.finished == step::kind::send) return {.what = step::kind::receive, .bytes = reply_};
    if (last.end_of_stream) return {};
    if (last.finished == step::kind::receive && when_.holds(last.now)) trips_.note(last.now - asked_);
    if (last.now >= when_.end) return {};
    if (pace_.every == duration::zero()) {
      asked_ = last.now;
    } else if (last.finished != step::kind::wait_until) {
      // From the time at which it is due and not from when it could be sent: otherwise a request that has to
      // wait behind another would not tell.
      asked_ = last.finished == step::kind::start ? last.now + pace_.first : asked_ + pace_.every;
      return {.what = step::kind::wait_until, .at = std::min(asked_, when_.end)};
    }
    return {.what = step::kind::send, .bytes = request_, .timed = false};
  }

  void report(findings& found) const override {
    if (!own_) return;
    found["trips"] = static_cast<double>(trips_.count());
    if (auto const q = trips_.quantile(0.5)) found["trip_p50_ns"] = *q;
    if (auto const q = trips_.quantile(0.99, 1'000)) found["trip_p99_ns"] = *q;
    if (auto const q = trips_.quantile(0.999, 10'000)) found["trip_p999_ns"] = *q;
  }

 private:
  asker(asker& first, pace at)
      : request_(first.request_), reply_(first.reply_), when_(first.when_), pace_(at), trips_(first.trips_) {}

  std::vector<std::byte> request_;
  std::vector<std::byte> reply_;
  window const& when_;
  pace pace_;
  std::optional<samples> own_;
  samples& trips_ = *own_;
  time_point asked_ = {};
};

class answerer final : public script {
 public:
  answerer(std::size_t request, std::size_t reply)
      : request_(request, std::byte{1}), reply_(reply, std::byte{1}) {}

  step next(event const& last) override {
    if (last.end_of_stream) return {};
    if (last.finished == step::kind::receive)
      return {.what = step::kind::send, .bytes = reply_, .timed = false};
    return {.what = step::kind::receive, .bytes = request_, .timed = false};
  }

 private:
  std::vector<std::byte> request_;
  std::vector<std::byte> reply_;
};

}  // namespace trivium::bench
