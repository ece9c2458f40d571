// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// A request of some bytes and its reply, over and over: the two sides of `ping_pong`, `answered` and
// `connections`. Only the end of a round trip needs a time, where it began.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "../steps/samples.hpp"
#include "../steps/script.hpp"
#include "../steps/window.hpp"

namespace trivium::bench {

class asker final : public script {
 public:
  asker(std::size_t request, std::size_t reply, window const& when)
      : request_(request, std::byte{1}), reply_(reply, std::byte{1}), when_(when), own_(std::in_place) {}
  /// Another, which asks the same; `first` notes and reports the trips of both.
  static std::unique_ptr<asker> beside(asker& first) { return std::unique_ptr<asker>(new asker(first)); }

  step next(event const& last) override {
    if (last.finished == step::kind::send) return {.what = step::kind::receive, .bytes = reply_};
    if (last.end_of_stream) return {};
    if (last.finished == step::kind::receive && when_.holds(last.now)) trips_.note(last.now - asked_);
    if (last.now >= when_.end) return {};
    asked_ = last.now;
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
  explicit asker(asker& first)
      : request_(first.request_), reply_(first.reply_), when_(first.when_), trips_(first.trips_) {}

  std::vector<std::byte> request_;
  std::vector<std::byte> reply_;
  window const& when_;
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
