// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The meter between a way and a script, stepped by hand on a clock of the test's.
#define BOOST_TEST_MODULE bench.measured
#include "trial/measured.hpp"

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdlib>

#include "../printing.hpp"

namespace bench = trivium::bench;
using namespace std::chrono_literals;

namespace {

/// Moves a byte a step for ever, and needs no time.
class timeless final : public bench::script {
 public:
  bench::step next(bench::event const&) override {
    return {.what = bench::step::kind::send, .bytes = byte_, .timed = false};
  }

 private:
  std::array<std::byte, 1> byte_ = {};
};

/// A way: every step takes so long, and the clock is read where a step asks for it.
struct run {
  bench::window when{.begin = bench::time_point(1s), .end = bench::time_point(2s)};
  bench::meter reads{bench::instrument::none};
  timeless inner;
  bench::measured outer{inner, when, reads, nullptr};
  bench::event last = {.now = bench::time_point(500ms)};
  bench::time_point now = last.now;
  int steps = 0;
  int timed = 0;

  void until(bench::time_point at, bench::duration each) {
    for (steps = timed = 0; now < at; ++steps) {
      auto const asked = outer.next(last);
      now += each;
      timed += asked.timed;
      last = {.finished = asked.what, .bytes = 1, .now = asked.timed ? now : last.now};
    }
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(of_fast_steps_one_in_sixteen_is_timed_where_the_script_needs_none, run) {
  until(bench::time_point(501ms), 1us);
  until(bench::time_point(600ms), 1us);
  BOOST_TEST(std::abs(timed - steps / 16) <= 1);
}

BOOST_FIXTURE_TEST_CASE(slow_steps_are_all_timed, run) {
  until(bench::time_point(600ms), 1us);
  until(bench::time_point(610ms), 500us);  // up to sixteen pass until the change is seen
  until(bench::time_point(700ms), 500us);
  BOOST_TEST(timed == steps);
}

BOOST_FIXTURE_TEST_CASE(the_edges_of_the_window_are_seen_where_the_script_needs_no_time, run) {
  until(bench::time_point(2100ms), 1us);
  bench::side_record seen;
  outer.book(seen);
  auto const late = [](std::int64_t at, bench::time_point edge) {
    return bench::time_point(bench::duration(at)) - edge;
  };
  BOOST_TEST(late(seen.opened_at, when.begin) >= 0s);
  BOOST_TEST(late(seen.opened_at, when.begin) <= 16us);
  BOOST_TEST(late(seen.closed_at, when.end) >= 0s);
  BOOST_TEST(late(seen.closed_at, when.end) <= 16us);
  BOOST_TEST(seen.steps.at("send").steps ==
             static_cast<std::uint64_t>((seen.closed_at - seen.opened_at) / 1000));
  BOOST_TEST(seen.steps.at("send").bytes == seen.steps.at("send").steps);
}
