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
  bench::measurement by{when, &reads, false};
  bench::measured outer{inner, by};
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
  reads.book(seen);
  by.book(seen);
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

BOOST_AUTO_TEST_CASE(the_lanes_of_a_thread_are_counted_together_and_time_each_others_steps) {
  bench::window const when{.begin = bench::time_point(1s), .end = bench::time_point(2s)};
  bench::meter reads{bench::instrument::none};
  bench::measurement by{when, &reads, false};
  timeless inner[2];
  bench::measured lanes[2] = {{inner[0], by}, {inner[1], by}};
  bench::event last[2] = {{.now = bench::time_point(900ms)}, {.now = bench::time_point(900ms)}};
  auto now = last[0].now;
  std::uint64_t steps = 0;
  // Both have a step under way at any time; first they are quick, and then slow.
  bench::step asked[2] = {lanes[0].next(last[0]), lanes[1].next(last[1])};
  for (std::size_t which = 0; now < bench::time_point(2100ms); which = 1 - which) {
    now += now < bench::time_point(950ms) ? 1us : 500us;
    steps += when.holds(now) ? 1U : 0U;
    last[which] = {
        .finished = asked[which].what, .bytes = 1, .now = asked[which].timed ? now : last[which].now};
    asked[which] = lanes[which].next(last[which]);
  }
  bench::side_record seen;
  reads.book(seen);
  by.book(seen);
  BOOST_TEST(bench::time_point(bench::duration(seen.opened_at)) - when.begin <= 1ms);
  BOOST_TEST(bench::time_point(bench::duration(seen.closed_at)) - when.end <= 1ms);
  BOOST_TEST(seen.steps.at("send").steps == steps);
}
