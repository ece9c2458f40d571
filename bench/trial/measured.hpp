// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// A script with a meter on it: it stands between a way and a scenario, and neither knows. It counts what
// every step moved, reads the meter at the first step after each edge of the window, and ends the lane when a
// step fails.
#pragma once

#include <array>
#include <boost/system/error_code.hpp>

#include "../audit/counts.hpp"
#include "../steps/script.hpp"
#include "../steps/window.hpp"
#include "meter.hpp"
#include "record.hpp"

namespace trivium::bench {

class measured final : public script {
 public:
  /// `counts` is null except in trials that count calls.
  measured(script& inner, window const& when, meter& reads, call_counts const* counts)
      : inner_(inner), when_(when), reads_(reads), counts_(counts) {}

  step next(event const& last) override;

  /// How the lane ended; an end of stream is no error.
  [[nodiscard]] boost::system::error_code const& error() const { return error_; }

  /// If the lane was kept from running through the whole window, `into.seconds` is zero.
  void book(side_record& into) const;

 private:
  struct moved {
    std::uint64_t steps = 0;
    std::uint64_t bytes = 0;
  };
  using by_kind = std::array<moved, step_kinds>;

  void open(time_point now);
  void close(time_point now);
  void attribute(step::kind finished);

  script& inner_;
  window const& when_;
  meter& reads_;
  call_counts const* counts_;

  by_kind so_far_ = {};
  bool opened_ = false;
  bool closed_ = false;
  by_kind at_open_ = {};
  by_kind at_close_ = {};
  reading opening_;
  reading closing_;
  call_counts last_seen_ = {};
  std::array<call_counts, step_kinds> counted_ = {};
  boost::system::error_code error_;
};

}  // namespace trivium::bench
