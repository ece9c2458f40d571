// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/payloads/observed.hpp>

#include <boost/test/unit_test.hpp>
#include <payloads.hpp>
#include <printing.hpp>
#include <scripted_channel.hpp>
#include <scripted_time.hpp>
#include <stdexcept>
#include <trivium/blocking.hpp>
#include <vector>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;

namespace {

using waiting_for = transfer_status::waiting;

struct notes {
  std::vector<transfer_status> seen;
  auto takes() {
    return [this](transfer_status const& at) { seen.push_back(at); };
  }
};

using observed_source = observed<made_as_sent, decltype(notes{}.takes())>;
static_assert(source<observed_source> && !sink<observed_source>);

}  // namespace

BOOST_FIXTURE_TEST_CASE(it_is_reported_once_an_interval_and_at_the_end, notes) {
  scripted_time time;
  scripted_channel channel{[&](std::size_t, std::size_t asked) {
    time.now += 100ms;
    return moves(asked);
  }};
  transfer upload{channel, observed{made_as_sent{12'500}, takes(), 200ms}};  // 5000, 5000, 2500
  BOOST_TEST(no_error(blocking::complete(upload)));
  BOOST_REQUIRE(seen.size() == 2u);
  BOOST_TEST(seen[0].bytes == 10'000u);
  BOOST_TEST(!seen[0].done);
  BOOST_TEST((seen[0].elapsed == 200ms));
  BOOST_TEST(seen[1].bytes == 12'500u);
  BOOST_TEST(seen[1].done);
}

BOOST_FIXTURE_TEST_CASE(the_rate_is_that_since_the_last_report, notes) {
  scripted_time time;
  scripted_channel channel{[&](std::size_t, std::size_t asked) {
    time.now += 100ms;
    return moves(asked);
  }};
  transfer upload{channel, observed{made_as_sent{20'000}, takes(), 100ms}};
  BOOST_TEST(no_error(blocking::complete(upload)));
  BOOST_REQUIRE(seen.size() == 4u);
  for (auto const& each : seen)
    BOOST_TEST(each.bytes_per_second == 50'000.0, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(seen.back().bytes == 20'000u);
}

// The operation looks again once an interval: otherwise a progress bar would stand while the peer does.
BOOST_FIXTURE_TEST_CASE(it_is_reported_while_nothing_moves, notes) {
  scripted_time const time;
  auto channel = never_ready();
  auto const sent = blocking::send(channel, observed{made_as_sent{1000}, takes(), 100ms}, {.timeout = 1s});
  BOOST_TEST(sent.error == errc::timed_out);
  BOOST_TEST(seen.size() == 10u);
  for (auto const& each : seen) {
    BOOST_TEST(each.bytes == 0u);
    BOOST_TEST((each.waits == waiting_for::for_connection));
    BOOST_TEST(!each.done);
  }
}

// Without limits the blocking way would sleep in the call that moves the bytes.
BOOST_FIXTURE_TEST_CASE(no_attempt_may_sleep, notes) {
  scripted_time const time;
  auto channel = ever_ready();
  transfer upload{channel, observed{made_as_sent{1000}, takes()}};
  BOOST_TEST(no_error(blocking::complete(upload)));
  BOOST_TEST((channel.last == may_block::no));
}

BOOST_FIXTURE_TEST_CASE(whether_the_payload_or_the_connection_is_waited_for_is_reported, notes) {
  struct without_data {
    attempt send_to(channel&, std::size_t, may_block) noexcept {
      return {.what = attempt::outcome::would_block, .waits_for = {9, readiness::readable}, .calls = 0};
    }
    bool done() const noexcept { return false; }
  };
  scripted_time const time;
  auto channel = ever_ready();
  auto const sent = blocking::send(channel, observed{without_data{}, takes(), 100ms}, {.timeout = 150ms});
  BOOST_TEST(sent.error == errc::timed_out);
  BOOST_REQUIRE(!seen.empty());
  BOOST_TEST((seen.back().waits == waiting_for::for_payload));
}

BOOST_AUTO_TEST_CASE(a_report_that_throws_ends_it_and_what_was_moved_is_counted) {
  auto channel = ever_ready();
  auto const sent = blocking::send(
      channel, observed{made_as_sent{1000}, [](transfer_status const&) { throw std::runtime_error{"no"}; }});
  BOOST_TEST(sent.error == errc::function_threw);
  BOOST_TEST(sent.bytes == 1000u);
}
