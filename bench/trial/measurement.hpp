// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What the lanes of one thread moved in the window. It counts every step, reads the end's meter at the first
// timed step after each edge, and knows where the thread ran.
#pragma once

#include <array>
#include <boost/system/error_code.hpp>
#include <vector>

#include "../audit/counts.hpp"
#include "../steps/event.hpp"
#include "../steps/step.hpp"
#include "../steps/window.hpp"
#include "meter.hpp"
#include "record.hpp"
#include "stay.hpp"

namespace trivium::bench {

class measurement {
 public:
  /// `counts_calls` needs the counting library. Without a meter it only counts: of many threads, none can be
  /// relied on to run at an edge.
  measurement(window const& when, meter* reads, bool counts_calls);

  /// A step of one of the lanes has ended as `last` says.
  void ended(event const& last);
  /// `next` follows `last` on its lane. Makes it a timed step if a look at the clock is due.
  void begins(step& next, event const& last);

  /// How the first lane that failed ended; an end of stream is no error.
  [[nodiscard]] boost::system::error_code const& error() const { return error_; }

  /// Adds what was moved in the window. Where the thread ran is noted for the first thread of an end.
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
  bool counts_calls_;
  time_point look_at_ = {};
  int untimed_ = 0;  ///< steps in a row
  int most_untimed_ = 0;
  by_kind so_far_ = {};

  window const& when_;
  meter* reads_;
  time_point edge_ = time_point::min();  ///< the next; the window is known when the first step is asked for
  bool opened_ = false;
  bool closed_ = false;
  by_kind at_open_ = {};
  by_kind at_close_ = {};
  std::array<call_counts, step_kinds> counted_ = {};
  std::vector<stay> stays_;
  std::int64_t opened_at_ = 0;
  std::int64_t closed_at_ = 0;
  int processor_ = -1;
  boost::system::error_code error_;
};

}  // namespace trivium::bench
