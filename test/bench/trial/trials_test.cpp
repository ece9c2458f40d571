// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Trials in real processes: every scenario under every arm, and what happens when a process does not do its
// part.
#define BOOST_TEST_MODULE bench.trials
#include <sys/wait.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>

#include "scenarios/list.hpp"
#include "trial/coordinator.hpp"
#include "trial/disturbance.hpp"
#include "trial/infrastructure_error.hpp"
#include "trial/stay.hpp"
#include "ways/list.hpp"

namespace bench = trivium::bench;
using namespace std::chrono_literals;

namespace {

bench::machinery const with{.program = TEST_BENCH_DUMMIES, .counting_library = std::nullopt};

/// Short, and on any processor: what is tested here does not depend on either.
bench::trial_order short_trial(std::string scenario, std::string arm) {
  bench::trial_order what;
  for (auto const& each : bench::all_scenarios()) {
    if (each.name != scenario) continue;
    what.operation = each.operation;
    if (!each.whole) {
      what.warm_up = 10ms;
      what.window = 80ms;
    }
  }
  what.scenario = std::move(scenario);
  what.near_arm = arm;
  what.far_arm = std::move(arm);
  what.congestion = "cubic";
  what.longest = 60s;
  return what;
}

/// What both ends say. A machine may keep one from running for the whole of so short a window; then the trial
/// has no figures, as the instrument says itself, and is repeated as there.
std::pair<bench::side_record, bench::side_record> held(bench::trial_order const& what) {
  constexpr auto most = 10;
  for (auto i = 1;; ++i) {
    auto ends = bench::hold_trial(what, with);
    auto const ran = !bench::kept_from_running(ends.first) && !bench::kept_from_running(ends.second);
    if (ran || i == most) return ends;
  }
}

std::string failure(bench::trial_order const& what) {
  try {
    bench::hold_trial(what, with);
    return "no failure";
  } catch (bench::infrastructure_error const& problem) {
    return problem.what();
  }
}

/// The program's, told to measure `arm`.
int status_of_a_run(std::string const& arm) {
  auto const command = std::string(TEST_BENCH_DUMMIES) + " run --scenario bulk --arms " + arm +
                       " --rounds 1 --placement free >&2";
  auto const status = std::system(command.c_str());
  BOOST_REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

bool contains(std::string const& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_new_scenario_runs_under_every_arm) {
  for (auto const& arm : bench::all_arms()) {
    BOOST_TEST_CONTEXT("arm " << arm.name) {
      auto const [near, far] = held(short_trial("dummy", std::string(arm.name)));
      BOOST_TEST(near.total_sent == 10U);
      BOOST_TEST(near.total_received == 10U);
      BOOST_TEST(far.total_sent == 10U);
      BOOST_TEST(far.total_received == 10U);
      BOOST_TEST(near.found.at("dummy") == 5);
      BOOST_TEST(near.seconds >= 0.002);  // it worked for one millisecond and waited for another
    }
  }
}

BOOST_AUTO_TEST_CASE(a_new_arm_runs_every_scenario) {
  for (auto const& scenario : bench::all_scenarios()) {
    auto what = short_trial(std::string(scenario.name), "dummy");
    what.operation = 256;                           // a byte at a time
    if (scenario.fewest_connections > 1) continue;  // it has one
    BOOST_TEST_CONTEXT("scenario " << scenario.name) {
      auto const [near, far] = held(what);
      BOOST_TEST(near.total_sent > 0U);
      BOOST_TEST(near.total_sent == far.total_received);
    }
  }
}

BOOST_AUTO_TEST_CASE(every_arm_runs_every_scenario) {
  for (auto const& arm : bench::all_arms()) {
    for (auto const& scenario : bench::all_scenarios()) {
      BOOST_TEST_CONTEXT(arm.name << " and " << scenario.name) {
        if (scenario.other_work && arm.no_other_work) continue;
        if (scenario.one_way && arm.misses_ends) continue;
        if (scenario.fewest_connections > 1 && arm.one_connection) continue;
        auto what = short_trial(std::string(scenario.name), std::string(arm.name));
        what.connections = scenario.fewest_connections;
        if (scenario.whole) what.operation = 4 << 20;  // a few milliseconds at its pace
        auto const [near, far] = held(what);
        BOOST_TEST(near.total_sent > 0U);
        BOOST_TEST(near.cpu_ns() + far.cpu_ns() >= 0);
        auto const of_others = {"posix", "asio", "libuv", "libevent"};
        if (what.connections > 1 && (arm.holds_thread || arm.several_threads))
          continue;  // none keeps a tally
        BOOST_TEST(near.way.kept == std::none_of(of_others.begin(), of_others.end(), [&](auto const* name) {
                     return arm.name.starts_with(name);
                   }));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(every_arm_for_many_connections_serves_them_and_is_measured_as_a_whole) {
  for (auto const& arm : bench::all_arms()) {
    if (arm.one_connection || arm.wire != bench::wire::plain) continue;
    BOOST_TEST_CONTEXT(arm.name) {
      auto what = short_trial("connections", std::string(arm.name));
      what.operation = 64;
      what.connections = 20;
      what.far_arm = "posix.loop";
      auto const [near, far] = held(what);
      BOOST_TEST(near.connections == 20U);
      BOOST_TEST(near.total_sent == far.total_received);
      BOOST_TEST(near.seconds > 0);
      BOOST_TEST(near.steps.at("send").bytes == 64 * near.steps.at("send").steps);
      // A message that one end counts the other counts too, but for those under way at an edge, and those
      // that an end handles late.
      auto const sent = static_cast<double>(near.steps.at("send").steps) / near.seconds;
      auto const received = static_cast<double>(far.steps.at("receive").steps) / far.seconds;
      BOOST_TEST(sent > received / 2);
      BOOST_TEST(sent < received * 2);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_trial_says_where_its_ends_ran) {
  auto what = short_trial("ping_pong", "posix");
  auto const processor = bench::processors_allowed().front();
  what.where = {{processor}, {processor}};
  auto const [near, far] = held(what);
  for (auto const* const end : {&near, &far}) {
    BOOST_REQUIRE(end->processors.size() == 1U);
    BOOST_TEST(end->processors.begin()->first == std::to_string(processor));
    BOOST_TEST(std::abs(end->processors.begin()->second - 1) < 1e-9);
  }
  auto const both_there = std::max(near.stays.front().since, far.stays.front().since);
  BOOST_TEST(bench::share_together(near.stays, far.stays, both_there, near.closed_at) > 0.9);
}

BOOST_AUTO_TEST_CASE(two_arms_meet_in_one_trial) {
  auto what = short_trial("stream", "async");
  what.far_arm = "posix";
  what.send_buffer = 64 * 1024;
  auto const [near, far] = held(what);
  BOOST_TEST(near.way.kept);
  BOOST_TEST(!far.way.kept);
  BOOST_TEST(near.send_buffer == 2 * 64 * 1024);  // the kernel doubles it, for its own bookkeeping
}

BOOST_AUTO_TEST_CASE(a_dying_child_is_a_message_with_its_last_words) {
  auto const said = failure(short_trial("bulk", "dying"));
  BOOST_TEST(contains(said, "end of bulk (dying) died of "), said);
  BOOST_TEST(contains(said, "something I cannot bear"), said);
}

BOOST_AUTO_TEST_CASE(a_stuck_child_is_a_message_and_not_a_hang) {
  auto what = short_trial("bulk", "stuck");
  what.longest = 3s;  // time enough to say its last words on a busy machine
  auto const said = failure(what);
  BOOST_TEST(contains(said, "end of bulk (stuck) is stuck: no \"result\" within 3 s"), said);
  BOOST_TEST(contains(said, "I shall wait for ever"), said);
}

BOOST_AUTO_TEST_CASE(a_child_that_leaves_is_noticed) {
  BOOST_TEST(contains(failure(short_trial("bulk", "leaving")), "end of bulk (leaving) ended with status 0"));
}

BOOST_AUTO_TEST_CASE(a_child_that_throws_says_why) {
  auto const said = failure(short_trial("bulk", "throwing"));
  BOOST_TEST(contains(said, "ended with status 1: no such luck"), said);
}

BOOST_AUTO_TEST_CASE(the_end_that_dies_is_named_and_heard) {
  auto what = short_trial("bulk", "posix");
  what.far_arm = "dying";
  BOOST_TEST(contains(failure(what), "the far end of bulk (dying) died of "));
  what = short_trial("ping_pong", "dying");
  what.far_arm = "posix";
  BOOST_TEST(contains(failure(what), "the near end of ping_pong (dying) died of "));
}

BOOST_AUTO_TEST_CASE(a_program_that_is_not_there_is_a_message) {
  auto const what = short_trial("bulk", "posix");
  BOOST_CHECK_THROW(bench::hold_trial(what, {.program = "/nonexistent", .counting_library = {}}),
                    bench::infrastructure_error);
}

BOOST_AUTO_TEST_CASE(counting_without_the_library_is_a_message) {
  auto what = short_trial("bulk", "posix");
  what.instrument = bench::instrument::calls;
  BOOST_TEST(contains(failure(what), "the counting library was not built"));
}

BOOST_AUTO_TEST_CASE(the_program_ends_with_4_after_a_child_that_dies) {
  BOOST_TEST(status_of_a_run("dying") == 4);
}

// Its patience is that of users, not of tests; CMakeLists.txt runs it as a test of its own.
BOOST_AUTO_TEST_CASE(the_program_ends_with_4_after_a_child_that_is_stuck, *boost::unit_test::disabled()) {
  BOOST_TEST(status_of_a_run("stuck") == 4);
}
