// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/mode.hpp>

#include <boost/test/unit_test.hpp>
#include <optional>
#include <scripted_time.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;

namespace {

// What it is for a call of the connection's own.
struct open_mode : mode {
  using mode::own;
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
  BOOST_TEST((of.timeout() == 0ns));
  BOOST_TEST(!of.is_blocking());
  BOOST_TEST(of.own().timeout.never_waits());
  of.set_blocking(true);
  BOOST_TEST(!of.timeout().has_value());
  BOOST_TEST(of.is_blocking());
  BOOST_TEST(!of.set_timeout(0s));
  BOOST_TEST(!of.is_blocking());
  BOOST_TEST(!of.set_timeout(5s));
  BOOST_TEST((of.timeout() == 5s));
  BOOST_TEST(of.is_blocking());
  BOOST_TEST(!of.set_timeout(std::chrono::hours::max()));
  BOOST_TEST(!of.timeout().has_value());
  BOOST_TEST(!of.set_timeout(std::optional{30ms}));
  auto const kept = of.timeout();
  BOOST_TEST((kept == 30ms));
  of.set_blocking(true);
  BOOST_TEST(!of.set_timeout(kept));
  BOOST_TEST((of.timeout() == 30ms));
  BOOST_TEST(!of.set_timeout(std::optional<nanoseconds>{}));
  BOOST_TEST(!of.timeout().has_value());
}

BOOST_AUTO_TEST_CASE(a_negative_timeout_is_refused_and_changes_nothing) {
  mode of;
  BOOST_TEST(!of.set_timeout(2s));
  BOOST_TEST((of.set_timeout(-1ns) == boost::system::errc::invalid_argument));
  BOOST_TEST((of.timeout() == 2s));
}

BOOST_AUTO_TEST_CASE(a_call_with_a_timeout_of_its_own_has_that_one) {
  mode of;
  of.set_timeout(2s);
  BOOST_TEST((of.governing({}).timeout.length() == 2s));
  BOOST_TEST((of.governing({.timeout = 5s}).timeout.length() == 5s));
  BOOST_TEST((of.governing({.timeout = 0s}).timeout.never_waits()));
  BOOST_TEST((of.governing({.timeout = -1s}).timeout.negative()));
  BOOST_TEST((of.governing({.stall_timeout = 3s}).stall_timeout.length() == 3s));
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
  BOOST_TEST((ends({}) == 10s));
  BOOST_TEST((ends({.timeout = 3s}) == 3s));
  BOOST_TEST((ends({.timeout = 30s}) == 10s));
  BOOST_TEST((ends({.timeout = until(at + 30s)}) == 10s));
  BOOST_TEST(of.governing({.timeout = 0s}).timeout.never_waits());
  of.set_timeout(4s);
  BOOST_TEST((ends({}) == 4s));
  time.now += 8s;
  BOOST_TEST((ends({}) == 10s));
  time.now += 8s;  // it has passed
  BOOST_TEST((ends({}) == 10s));
  of.set_deadline(time_point::max());
  BOOST_TEST((ends({}) == 20s));
}

BOOST_AUTO_TEST_CASE(its_stop_ends_a_call_that_has_none_of_its_own) {
  open_mode of;
  std::stop_source of_all, of_one;
  of.set_stop(of_all.get_token());
  auto const token = of_one.get_token();
  BOOST_TEST((of.governing({}).stop.token() == of_all.get_token()));
  BOOST_TEST((of.governing({.stop = token}).stop.token() == token));
  BOOST_TEST(!of.waits_for_ever());
  of.set_stop({});
  BOOST_TEST(of.waits_for_ever());
}

BOOST_AUTO_TEST_CASE(what_has_no_mode_has_the_calls_limits) {
  int const plain = 0;
  BOOST_TEST((governing(plain, {.timeout = 5s}).timeout.length() == 5s));
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
