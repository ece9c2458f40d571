// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// A script with a meter on it: it stands between a way and a scenario, and neither knows. It counts what
// every step moved, reads the meter at the first timed step after each edge of the window, and ends the lane
// when a step fails.
#pragma once

#include <array>
#include <boost/system/error_code.hpp>
#include <vector>

#include "../audit/counts.hpp"
#include "../steps/script.hpp"
#include "../steps/window.hpp"
#include "meter.hpp"
#include "record.hpp"
#include "stay.hpp"

namespace trivium::bench {

class measured final : public script {
 public:
  /// `counts` is null except in trials that count calls.
  measured(script& inner, window const& when, meter& reads, call_counts const* counts)
      : inner_(inner), counts_(counts), when_(when), reads_(reads) {
    stays_.reserve(most_stays);  // nothing is allocated while it counts
  }

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

  // An end that moves more often than this in its window is everywhere; the rest is not noted.
  static constexpr std::size_t most_stays = 4096;

  void look_where(time_point now);
  void look(time_point now);
  void pass_edge(time_point now);
  void open(time_point now);
  void close(time_point now);
  void attribute(step::kind finished);

  // What every step touches, side by side.
  script& inner_;
  call_counts const* counts_;
  time_point look_at_ = {};
  int untimed_ = 0;  ///< steps in a row
  int most_untimed_ = 0;
  by_kind so_far_ = {};

  window const& when_;
  meter& reads_;
  time_point edge_ = time_point::min();  ///< the next; the window is known when the first step is asked for
  bool opened_ = false;
  bool closed_ = false;
  by_kind at_open_ = {};
  by_kind at_close_ = {};
  reading opening_;
  reading closing_;
  call_counts last_seen_ = {};
  std::array<call_counts, step_kinds> counted_ = {};
  std::vector<stay> stays_;
  int processor_ = -1;
  boost::system::error_code error_;
};

}  // namespace trivium::bench
