// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Scenarios, stepped by hand on a clock of the test's: no socket and no way is near.
#define BOOST_TEST_MODULE bench.scenarios
#include <boost/test/unit_test.hpp>

#include "../printing.hpp"
#include "scenarios/list.hpp"
#include "steps/samples.hpp"

namespace bench = trivium::bench;
using namespace std::chrono_literals;
using kind = bench::step::kind;

namespace {

bench::scenario const& named(std::string_view name) {
  for (auto const& each : bench::all_scenarios()) {
    if (each.name == name) return each;
  }
  throw std::invalid_argument("no such scenario");
}

struct stage {
  bench::window when{.begin = bench::time_point(1s), .end = bench::time_point(2s)};

  bench::side near(std::string_view name, std::size_t operation) {
    return named(name).near({.operation = operation, .when = &when});
  }
  bench::side far(std::string_view name, std::size_t operation) {
    return named(name).far({.operation = operation, .when = &when});
  }
};

bench::event after(kind what, bench::duration at, std::size_t bytes = 0) {
  return {.finished = what, .bytes = bytes, .now = bench::time_point(at)};
}

bench::event end_of_stream(bench::duration at) {
  return {.finished = kind::receive, .end_of_stream = true, .now = bench::time_point(at)};
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(bulk_sends_until_the_window_closes, stage) {
  auto const side = near("bulk", 1000);
  auto& script = *side.connections.front();
  BOOST_TEST(script.next(after(kind::start, 0s)).what == kind::send);
  auto const step = script.next(after(kind::send, 1999ms, 1000));
  BOOST_TEST(step.what == kind::send);
  BOOST_TEST(step.bytes.size() == 1000U);
  BOOST_TEST(script.next(after(kind::send, 2s, 1000)).what == kind::done);
}

BOOST_FIXTURE_TEST_CASE(readers_go_on_to_the_end_of_the_stream, stage) {
  for (auto const* const name : {"bulk", "stream", "answered", "ping_pong"}) {
    auto const side = far(name, 64);
    BOOST_TEST(side.connections.front()->next(after(kind::start, 0s)).what != kind::done);
    BOOST_TEST(side.connections.front()->next(end_of_stream(3s)).what == kind::done);
  }
}

BOOST_FIXTURE_TEST_CASE(a_round_trip_counts_if_it_ends_in_the_window, stage) {
  auto const side = near("ping_pong", 64);
  auto& script = *side.connections.front();
  BOOST_TEST(script.next(after(kind::start, 900ms)).what == kind::send);
  BOOST_TEST(script.next(after(kind::send, 910ms, 64)).what == kind::receive);
  BOOST_TEST(script.next(after(kind::receive, 950ms, 64)).what == kind::send);  // before the window
  script.next(after(kind::send, 960ms, 64));
  BOOST_TEST(
      (script.next(after(kind::receive, 1500ms, 64)).what == kind::send));  // 550 ms, from send to reply
  script.next(after(kind::send, 1510ms, 64));
  BOOST_TEST(script.next(after(kind::receive, 2s, 64)).what == kind::done);  // after it
  bench::findings found;
  script.report(found);
  BOOST_TEST(found.at("trips") == 1);
  BOOST_TEST(found.at("trip_p50_ns") == 550e6);
  BOOST_TEST(!found.contains("trip_p99_ns"));  // of one sample
}

BOOST_FIXTURE_TEST_CASE(an_answer_follows_every_request, stage) {
  auto const side = far("answered", 5000);
  auto& script = *side.connections.front();
  auto const asked = script.next(after(kind::start, 0s));
  BOOST_TEST(asked.what == kind::receive);
  BOOST_TEST(asked.bytes.size() == 5000U);
  auto const answer = script.next(after(kind::receive, 1s, 5000));
  BOOST_TEST(answer.what == kind::send);
  BOOST_TEST(answer.bytes.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(the_job_is_late_by_what_it_waited_past_its_time, stage) {
  auto const side = near("held", 1000);
  BOOST_REQUIRE(side.others.size() == 1U);
  auto& job = *side.others.front();
  auto const first = job.next(after(kind::start, 0s));
  BOOST_TEST(first.what == kind::wait_until);
  BOOST_TEST(first.at == bench::time_point(10ms));
  // The thread was held until 35 ms: the jobs of 10, 20 and 30 ms run one after another.
  BOOST_TEST(job.next(after(kind::wait_until, 35ms)).what == kind::work);
  BOOST_TEST(job.next(after(kind::work, 36ms)).at == bench::time_point(20ms));
  job.next(after(kind::wait_until, 36ms));
  BOOST_TEST(job.next(after(kind::work, 37ms)).at == bench::time_point(30ms));
  job.next(after(kind::wait_until, 37ms));
  BOOST_TEST(job.next(after(kind::work, 38ms)).at == bench::time_point(40ms));
  bench::findings found;
  job.report(found);
  BOOST_TEST(found.at("jobs") == 3);
  BOOST_TEST(found.at("late_max_ns") == 25e6);
  BOOST_TEST(found.at("late_p50_ns") == 16e6);
}

BOOST_FIXTURE_TEST_CASE(the_paced_reader_keeps_to_a_schedule_not_to_pauses, stage) {
  auto const side = far("held", 1000);
  auto& script = *side.connections.front();
  auto const piece = script.next(after(kind::start, 0s)).bytes.size();
  auto const each = std::chrono::duration_cast<bench::duration>(
      std::chrono::duration<double>(static_cast<double>(piece) / 1e9));
  BOOST_TEST(script.next(after(kind::receive, 100us, piece)).at == bench::time_point(each));
  script.next(after(kind::wait_until, each));
  // Late by 400 us: the next is not put off.
  BOOST_TEST(script.next(after(kind::receive, each + 400us, piece)).at == bench::time_point(2 * each));
}

BOOST_AUTO_TEST_CASE(a_tail_of_a_handful_is_no_tail) {
  bench::samples taken(16);
  BOOST_TEST(!taken.quantile(0.5).has_value());
  for (int i = 1; i <= 10; ++i) taken.note(std::chrono::nanoseconds(i));
  BOOST_TEST(taken.quantile(0.5).value() == 5);
  BOOST_TEST(taken.quantile(0.99).value() == 10);
  BOOST_TEST(taken.quantile(0.0).value() == 1);
  BOOST_TEST(!taken.quantile(0.99, 100).has_value());
}

BOOST_AUTO_TEST_CASE(samples_without_room_are_counted) {
  bench::samples taken(2);
  for (int i = 1; i <= 5; ++i) taken.note(std::chrono::nanoseconds(i));
  BOOST_TEST(taken.count() == 5U);
  BOOST_TEST(taken.quantile(1).value() == 2);
}

BOOST_FIXTURE_TEST_CASE(those_who_ask_over_many_connections_report_the_trips_of_all, stage) {
  auto const side = named("connections").far({.operation = 64, .connections = 3, .when = &when});
  BOOST_TEST_REQUIRE(side.connections.size() == 3U);
  for (auto const& each : side.connections) {
    each->next(after(kind::start, 1100ms));
    each->next(after(kind::send, 1110ms, 64));
    each->next(after(kind::receive, 1200ms, 64));
  }
  bench::findings found;
  for (auto const& each : side.connections) each->report(found);
  BOOST_TEST(found.at("trips") == 3);
  BOOST_TEST(found.at("trip_p50_ns") == 1e8);
}

BOOST_FIXTURE_TEST_CASE(a_server_has_a_script_for_each_connection_that_sends_back_what_it_received, stage) {
  auto const side = named("connections").near({.operation = 64, .connections = 3, .when = &when});
  BOOST_TEST_REQUIRE(side.connections.size() == 3U);
  for (auto const& each : side.connections) {
    BOOST_TEST(each->next(after(kind::start, 0s)).what == kind::receive);
    auto const answer = each->next(after(kind::receive, 0s, 64));
    BOOST_TEST(answer.what == kind::send);
    BOOST_TEST(answer.bytes.size() == 64U);
    BOOST_TEST(each->next(end_of_stream(3s)).what == kind::done);
  }
}

BOOST_FIXTURE_TEST_CASE(of_the_requests_that_a_server_serves_those_of_one_client_take_work, stage) {
  auto const side =
      named("service_time").near({.operation = 64, .connections = 3, .work = 5ms, .when = &when});
  BOOST_TEST_REQUIRE(side.connections.size() == 3U);
  auto& slow = *side.connections.front();
  BOOST_TEST(slow.next(after(kind::start, 0s)).what == kind::receive);
  auto const work = slow.next(after(kind::receive, 1s, 64));
  BOOST_TEST(work.what == kind::work);
  BOOST_TEST((work.lasting == 5ms));
  auto const answer = slow.next(after(kind::work, 1005ms));
  BOOST_TEST(answer.what == kind::send);
  BOOST_TEST(answer.bytes.size() == 64U);
  BOOST_TEST(slow.next(after(kind::send, 1006ms, 64)).what == kind::receive);
  BOOST_TEST(slow.next(end_of_stream(2s)).what == kind::done);
  for (std::size_t i : {1U, 2U}) {
    side.connections[i]->next(after(kind::start, 0s));
    BOOST_TEST(side.connections[i]->next(after(kind::receive, 1s, 64)).what == kind::send);
  }
}

BOOST_FIXTURE_TEST_CASE(a_request_that_takes_no_work_is_answered_at_once, stage) {
  auto const side = named("service_time").near({.operation = 64, .connections = 2, .when = &when});
  side.connections.front()->next(after(kind::start, 0s));
  BOOST_TEST(side.connections.front()->next(after(kind::receive, 1s, 64)).what == kind::send);
}

BOOST_FIXTURE_TEST_CASE(the_trips_of_the_client_whose_requests_take_work_are_not_reported, stage) {
  auto const side = named("service_time").far({.operation = 64, .connections = 3, .when = &when});
  BOOST_TEST_REQUIRE(side.connections.size() == 3U);
  for (auto const& each : side.connections) {
    BOOST_TEST(each->next(after(kind::start, 1100ms)).what == kind::send);
    BOOST_TEST(each->next(after(kind::send, 1110ms, 64)).what == kind::receive);
    BOOST_TEST(
        each->next(after(kind::receive, each == side.connections.front() ? 1900ms : 1200ms, 64)).what ==
        kind::send);
  }
  bench::findings found;
  for (auto const& each : side.connections) each->report(found);
  BOOST_TEST(found.at("trips") == 2);
  BOOST_TEST(found.at("trip_p50_ns") == 100e6);
}

BOOST_FIXTURE_TEST_CASE(streams_are_as_many_as_there_are_connections, stage) {
  auto const near = named("streams").near({.operation = 512, .connections = 3, .when = &when});
  BOOST_TEST_REQUIRE(near.connections.size() == 3U);
  for (auto const& each : near.connections) {
    BOOST_TEST(each->next(after(kind::start, 0s)).bytes.size() == 512U);
    BOOST_TEST(each->next(after(kind::send, 2s, 512)).what == kind::done);
  }
  auto const far = named("streams").far({.operation = 512, .connections = 3, .when = &when});
  BOOST_TEST_REQUIRE(far.connections.size() == 3U);
  for (auto const& each : far.connections) {
    BOOST_TEST(each->next(after(kind::start, 0s)).what == kind::receive_some);
    BOOST_TEST(each->next(end_of_stream(3s)).what == kind::done);
  }
}

BOOST_FIXTURE_TEST_CASE(at_a_fixed_rate_connections_ask_in_turn_and_a_late_answer_counts_from_when_it_was_due,
                        stage) {
  // 200 messages a second over two connections: one each 10 ms, 5 ms apart.
  auto const side = named("connections").far({.operation = 64, .connections = 2, .rate = 200, .when = &when});
  BOOST_TEST_REQUIRE(side.connections.size() == 2U);
  auto& first = *side.connections[0];
  auto& second = *side.connections[1];
  auto const due = [](bench::step const& asked) {
    BOOST_TEST(asked.what == kind::wait_until);
    return asked.at.time_since_epoch();
  };
  BOOST_TEST((due(first.next(after(kind::start, 1s))) == 1s));
  BOOST_TEST((due(second.next(after(kind::start, 1s))) == 1005ms));
  BOOST_TEST(first.next(after(kind::wait_until, 1002ms)).what == kind::send);  // 2 ms late
  first.next(after(kind::send, 1002ms, 64));
  BOOST_TEST((due(first.next(after(kind::receive, 1035ms, 64))) == 1010ms));  // at once
  BOOST_TEST(first.next(after(kind::wait_until, 1035ms)).what == kind::send);
  first.next(after(kind::send, 1035ms, 64));
  BOOST_TEST((due(first.next(after(kind::receive, 1036ms, 64))) == 1020ms));
  bench::findings found;
  first.report(found);
  BOOST_TEST(found.at("trips") == 2);
  BOOST_TEST(found.at("trip_p50_ns") == 26e6);  // 35 ms and 26 ms
  BOOST_TEST(first.next(after(kind::receive, 2s, 64)).what == kind::done);
}
