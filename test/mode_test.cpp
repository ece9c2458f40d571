// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/mode.hpp>

#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>
#include <optional>
#include <printing.hpp>
#include <scripted_time.hpp>
#include <utility>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;

namespace {

// What it is for a call of the connection's own.
struct open_mode : mode {
  using mode::own;
  using mode::own_of_a_send;
};

}  // namespace

BOOST_AUTO_TEST_CASE(at_first_it_waits_for_ever) {
  open_mode of;
  BOOST_TEST(!of.timeout().has_value());
  BOOST_TEST(of.is_blocking());
  BOOST_TEST(of.waits_for_ever());
  BOOST_TEST(of.own().timeout.for_ever());
  BOOST_TEST(!of.own().stop.token().stop_possible());
}

BOOST_AUTO_TEST_CASE(blocking_is_another_name_for_two_timeouts) {
  open_mode of;
  of.set_blocking(false);
  BOOST_TEST(of.timeout() == 0ns);
  BOOST_TEST(!of.is_blocking());
  BOOST_TEST(of.own().timeout.never_waits());
  of.set_blocking(true);
  BOOST_TEST(!of.timeout().has_value());
  BOOST_TEST(of.is_blocking());
  of.set_timeout(0s);
  BOOST_TEST(!of.is_blocking());
  of.set_timeout(5s);
  BOOST_TEST(of.timeout() == 5s);
  BOOST_TEST(of.is_blocking());
  of.set_timeout(std::chrono::hours::max());
  BOOST_TEST(!of.timeout().has_value());
  of.set_timeout(std::optional{30ms});
  auto const kept = of.timeout();
  BOOST_TEST(kept == 30ms);
  of.set_blocking(true);
  of.set_timeout(kept);
  BOOST_TEST(of.timeout() == 30ms);
  of.set_timeout(std::optional<nanoseconds>{});
  BOOST_TEST(!of.timeout().has_value());
}

BOOST_AUTO_TEST_CASE(a_negative_timeout_is_refused_and_changes_nothing) {
  mode of;
  of.set_timeout(2s);
  using setter = void (mode::*)(time_span, error_code&) noexcept;
  using throwing_setter = void (mode::*)(time_span);
  std::pair<setter, throwing_setter> const setters[] = {
      {&mode::set_timeout, &mode::set_timeout},
      {&mode::set_read_timeout, &mode::set_read_timeout},
      {&mode::set_write_timeout, &mode::set_write_timeout},
      {&mode::set_idle_timeout, &mode::set_idle_timeout},
  };
  of.set_idle_timeout(3s);
  for (auto const& [set, set_or_throw] : setters) {
    error_code error;
    (of.*set)(-1ns, error);
    BOOST_TEST(error == boost::system::errc::invalid_argument);
    BOOST_CHECK_EXCEPTION((of.*set_or_throw)(-1ns), boost::system::system_error,
                          [](auto const& thrown) { return thrown.code().value() == EINVAL; });
    (of.*set)(7s, error);
    BOOST_TEST(no_error(error));
    (of.*set_or_throw)(2s);
  }
  BOOST_TEST(of.read_timeout() == 2s);
  BOOST_TEST(of.write_timeout() == 2s);
  BOOST_TEST(of.idle_timeout() == 2s);
}

BOOST_AUTO_TEST_CASE(an_idle_timeout_of_zero_would_end_everything_and_is_refused) {
  mode of;
  BOOST_CHECK_THROW(of.set_idle_timeout(0s), boost::system::system_error);
  BOOST_TEST(of.waits_for_ever());
}

BOOST_AUTO_TEST_CASE(reading_and_writing_have_timeouts_of_their_own) {
  open_mode of;
  of.set_timeout(2s);
  of.set_read_timeout(3s);
  BOOST_TEST(of.read_timeout() == 3s);
  BOOST_TEST(of.write_timeout() == 2s);
  BOOST_TEST(of.timeout() == 3s);
  BOOST_TEST(of.governing({}).timeout.length() == 3s);
  BOOST_TEST(of.governing_a_send({}).timeout.length() == 2s);
  BOOST_TEST(of.own().timeout.length() == 3s);
  BOOST_TEST(of.own_of_a_send().timeout.length() == 2s);
  of.set_write_timeout(std::nullopt);
  BOOST_TEST(of.governing_a_send({}).none());
  BOOST_TEST(!of.waits_for_ever());
  of.set_read_timeout(std::nullopt);
  BOOST_TEST(of.waits_for_ever());
}

BOOST_AUTO_TEST_CASE(the_idle_timeout_bounds_every_call_whatever_it_says) {
  mode of;
  of.set_idle_timeout(2s);
  BOOST_TEST(!of.waits_for_ever());
  for (auto const& call : {limits{}, limits{.timeout = 5s}, limits{.stall_timeout = 1s}}) {
    BOOST_TEST(of.governing(call).idle.longest().length() == 2s);
    BOOST_TEST(of.governing_a_send(call).idle.of() == of.governing(call).idle.of());
  }
  of.set_idle_timeout(std::nullopt);
  BOOST_TEST(of.waits_for_ever());
  BOOST_TEST(of.governing({}).none());
}

BOOST_AUTO_TEST_CASE(beasts_names_set_the_deadline) {
  scripted_time time;
  mode of;
  of.expires_after(5s);
  BOOST_TEST(of.deadline() == now() + 5s);
  of.expires_at(now() + 1s);
  BOOST_TEST(of.deadline() == now() + 1s);
  of.expires_never();
  BOOST_TEST(of.waits_for_ever());
  of.expires_after(std::chrono::hours::max());
  BOOST_TEST(of.waits_for_ever());
}

// What a connection's mode is after it was moved or replaced.
BOOST_AUTO_TEST_CASE(it_goes_along_with_its_connection_and_leaves_nothing_behind) {
  open_mode of;
  std::stop_source stop;
  of.set_timeout(2s);
  of.set_idle_timeout(3s);
  of.set_deadline(time_point{} + 1h);
  of.set_stop(stop.get_token());
  open_mode moved{std::move(of)};
  BOOST_TEST(moved.timeout() == 2s);
  BOOST_TEST(moved.idle_timeout() == 3s);
  BOOST_TEST(moved.deadline() == time_point{} + 1h);
  BOOST_TEST(moved.stop() == stop.get_token());
  BOOST_TEST(of.waits_for_ever());
  BOOST_TEST(of.own().none());
  BOOST_TEST(!of.timeout().has_value());
}

BOOST_AUTO_TEST_CASE(a_new_connection_takes_over_the_mode_of_the_one_that_it_replaces) {
  open_mode of;
  of.set_timeout(2s);
  of.set_deadline(time_point{} + 1h);
  of = open_mode{};
  BOOST_TEST(of.timeout() == 2s);
  BOOST_TEST(of.deadline() == time_point{} + 1h);
}

BOOST_AUTO_TEST_CASE(a_connection_with_a_mode_brings_it_and_all_of_it) {
  open_mode of, other;
  of.set_timeout(2s);
  of.set_deadline(time_point{} + 1h);
  other.set_timeout(std::nullopt);  // said, so it holds
  of = std::move(other);
  BOOST_TEST(of.waits_for_ever());
  other.set_read_timeout(1s);
  of = std::move(other);
  BOOST_TEST(of.read_timeout() == 1s);
  BOOST_TEST(of.deadline() == time_point::max());
}

BOOST_AUTO_TEST_CASE(a_call_with_a_timeout_of_its_own_has_that_one) {
  mode of;
  of.set_timeout(2s);
  BOOST_TEST(of.governing({}).timeout.length() == 2s);
  BOOST_TEST(of.governing({.timeout = 5s}).timeout.length() == 5s);
  BOOST_TEST(of.governing({.timeout = 0s}).timeout.never_waits());
  BOOST_TEST(of.governing({.timeout = -1s}).timeout.negative());
  BOOST_TEST(of.governing({.stall_timeout = 3s}).stall_timeout.length() == 3s);
}

BOOST_AUTO_TEST_CASE(a_timeout_of_zero_is_for_the_connections_own_calls) {
  open_mode of;
  of.set_blocking(false);
  BOOST_TEST(of.own().timeout.never_waits());
  BOOST_TEST(of.governing({}).timeout.for_ever());
}

BOOST_AUTO_TEST_CASE(the_deadline_bounds_every_call_and_lengthens_none) {
  scripted_time time;
  open_mode of;
  auto const at = now();
  auto const ends = [&](limits const& call) { return of.governing(call).timeout.from(now()) - at; };
  of.set_deadline(at + 10s);
  BOOST_TEST(!of.waits_for_ever());
  BOOST_TEST(ends({}) == 10s);
  BOOST_TEST(ends({.timeout = 3s}) == 3s);
  BOOST_TEST(ends({.timeout = 30s}) == 10s);
  BOOST_TEST(ends({.timeout = until(at + 30s)}) == 10s);
  BOOST_TEST(of.governing({.timeout = 0s}).timeout.never_waits());
  of.set_timeout(4s);
  BOOST_TEST(ends({}) == 4s);
  time.now += 8s;
  BOOST_TEST(ends({}) == 10s);
  time.now += 8s;  // it has passed
  BOOST_TEST(ends({}) == 10s);
  of.set_deadline(time_point::max());
  BOOST_TEST(ends({}) == 20s);
}

BOOST_AUTO_TEST_CASE(its_stop_ends_a_call_that_has_none_of_its_own) {
  open_mode of;
  std::stop_source of_all, of_one;
  of.set_stop(of_all.get_token());
  auto const token = of_one.get_token();
  BOOST_TEST(of.governing({}).stop.token() == of_all.get_token());
  BOOST_TEST(of.governing({.stop = token}).stop.token() == token);
  BOOST_TEST(!of.waits_for_ever());
  of.set_stop({});
  BOOST_TEST(of.waits_for_ever());
}

BOOST_AUTO_TEST_CASE(what_has_no_mode_has_the_calls_limits) {
  int const plain = 0;
  BOOST_TEST(governing(plain, {.timeout = 5s}).timeout.length() == 5s);
}

BOOST_AUTO_TEST_CASE(only_without_limits_of_either_a_call_is_unlimited) {
  int const plain = 0;
  BOOST_TEST(unlimited(plain, {}));
  BOOST_TEST(!unlimited(plain, {.timeout = 5s}));
  mode of;
  BOOST_TEST(unlimited(of, {}));
  BOOST_TEST(!unlimited(of, {.timeout = 5s}));
  of.set_deadline(now() + 1h);
  BOOST_TEST(!unlimited(of, {}));
  of.set_deadline(time_point::max());
  of.set_blocking(false);
  BOOST_TEST(!unlimited(of, {}));
  struct {
    limits governing(limits const&) const noexcept { return {.timeout = 5s}; }
  } const forwards;
  BOOST_TEST(!unlimited(forwards, {}));
}
