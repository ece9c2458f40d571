// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/payloads/paced.hpp>

#include <boost/test/unit_test.hpp>
#include <payloads.hpp>
#include <printing.hpp>
#include <scripted_channel.hpp>
#include <scripted_time.hpp>
#include <trivium/blocking.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;

namespace {

static_assert(source<paced<made_as_sent>> && !sink<paced<made_as_sent>>);
static_assert(sink<paced<discard>> && !source<paced<discard>>);
static_assert(may_wait_elsewhere<paced<memory_source>>);  // for time

bool within_2_percent(nanoseconds took, nanoseconds expected) {
  return took >= expected * 98 / 100 && took <= expected * 102 / 100;
}

// How long a way that sleeps exactly takes for so many bytes.
nanoseconds time_to_send(std::size_t bytes, std::uint64_t per_second) {
  scripted_time time;
  auto const begun = time.now;
  auto channel = ever_ready();
  transfer upload{channel, paced{made_as_sent{bytes}, per_second}};
  BOOST_TEST(no_error(blocking::complete(upload)));
  BOOST_TEST(upload.result().bytes == bytes);
  return time.now - begun;
}

}  // namespace

BOOST_AUTO_TEST_CASE(it_takes_the_time_that_the_rate_says) {
  BOOST_TEST(within_2_percent(time_to_send(10'000'000, 10'000'000), 1s));
  BOOST_TEST(within_2_percent(time_to_send(10'000'000, 100'000'000), 100ms));
  BOOST_TEST(within_2_percent(time_to_send(100'000, 10'000), 10s));
  BOOST_TEST(within_2_percent(time_to_send(100, 1), 100s));
  BOOST_TEST(within_2_percent(time_to_send(10, 0), 10s));  // taken for 1
}

BOOST_AUTO_TEST_CASE(a_sink_keeps_the_rate_too) {
  scripted_time time;
  auto const begun = time.now;
  auto channel = ever_ready();
  BOOST_TEST(no_error(blocking::receive(channel, paced{discard{10'000'000}, 10'000'000})));
  BOOST_TEST(within_2_percent(time.now - begun, 1s));
}

BOOST_AUTO_TEST_CASE(a_pause_waits_for_nothing_but_time) {
  scripted_time time;
  auto channel = ever_ready();
  transfer upload{channel, paced{made_as_sent{10'000}, 1'000'000}};
  BOOST_TEST(upload.advance() == progress::pending);
  BOOST_TEST(channel.asked.empty());  // it starts without tokens
  BOOST_TEST((upload.interest().until == readiness::none));
  BOOST_TEST(upload.due() == time.now + 2ms);
  time.now += 2ms;
  BOOST_TEST(upload.advance() == progress::pending);
  BOOST_TEST(upload.result().bytes == 2000u);
}

// A wait that ended late is made up for, an interruption is not: the peer would get it all at once.
BOOST_AUTO_TEST_CASE(at_most_50_ms_are_made_up_for) {
  for (auto const& [late, bytes] : {std::pair{49ms, 49'000u}, std::pair{10'000ms, 50'000u}}) {
    scripted_time time;
    auto channel = ever_ready();
    transfer upload{channel, paced{made_as_sent{1'000'000}, 1'000'000}};
    BOOST_TEST(upload.advance() == progress::pending);
    time.now += late;
    BOOST_TEST(upload.advance() == progress::pending);
    BOOST_TEST(upload.result().bytes >= bytes - 2000);
    BOOST_TEST(upload.result().bytes <= bytes);
  }
}

BOOST_AUTO_TEST_CASE(a_limit_ends_a_pause) {
  scripted_time const time;
  auto channel = ever_ready();
  auto const sent = blocking::send(channel, paced{made_as_sent{1'000'000}, 1000}, {.timeout = 2s});
  BOOST_TEST(sent.error == errc::timed_out);
  BOOST_TEST(sent.bytes >= 1960u);
  BOOST_TEST(sent.bytes <= 2000u);
}
