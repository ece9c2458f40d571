// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/limits.hpp>

#include <boost/test/unit_test.hpp>
#include <faults.hpp>
#include <limits>
#include <printing.hpp>

using namespace trivium;
using namespace std::chrono_literals;

namespace {

constexpr time_point epoch{};
constexpr time_point noon{12h};

template <class Token>
concept stops_by = requires(Token&& token) {
  limits{.stop = std::forward<Token>(token)};
};

}  // namespace

// (A temporary one is refused in words: refused.a_temporary_stop_token.)
static_assert(stops_by<std::stop_token&>);
static_assert(stops_by<std::stop_token const&>);

// g++ 12 destroys aggregate temporaries of co_await twice; without a destructor that does no harm.
static_assert(std::is_trivially_destructible_v<timeout>);
static_assert(std::is_trivially_destructible_v<min_rate>);
static_assert(std::is_trivially_destructible_v<stop_reference>);

BOOST_AUTO_TEST_CASE(by_default_nothing_ends_an_operation) {
  limits const none;
  BOOST_TEST(none.timeout.for_ever());
  BOOST_TEST(none.timeout.from(noon) == time_point::max());
  BOOST_TEST(none.stall_timeout.for_ever());
  BOOST_TEST(none.min_rate.bytes_per_second == 0u);
  BOOST_TEST(!none.stop.token().stop_possible());
  BOOST_TEST(none.none());
}

BOOST_AUTO_TEST_CASE(any_one_of_them_is_not_none) {
  std::stop_token const token;
  BOOST_TEST(!limits{.timeout = 1s}.none());
  BOOST_TEST(!limits{.timeout = 0s}.none());
  BOOST_TEST(!limits{.timeout = -1s}.none());
  BOOST_TEST(!limits{.timeout = until(noon)}.none());
  BOOST_TEST(!limits{.stall_timeout = 1s}.none());
  BOOST_TEST(!(limits{.min_rate = {.bytes_per_second = 1}}.none()));
  BOOST_TEST(!limits{.stop = token}.none());
}

BOOST_AUTO_TEST_CASE(nullopt_and_any_units_maximum_are_for_ever) {
  BOOST_TEST(time_span{std::nullopt}.for_ever());
  BOOST_TEST(time_span{std::chrono::hours::max()}.for_ever());
  BOOST_TEST(time_span{std::chrono::seconds::max()}.for_ever());
  BOOST_TEST(time_span{nanoseconds::max()}.for_ever());
  BOOST_TEST(time_span{std::chrono::duration<double>{1e300}}.for_ever());
  BOOST_TEST(!time_span{nanoseconds::max() - 1ns}.for_ever());
}

BOOST_AUTO_TEST_CASE(a_length_below_the_least_saturates_and_stays_negative) {
  BOOST_TEST(time_span{std::chrono::hours::min()}.length() == nanoseconds::min());
  BOOST_TEST(timeout{std::chrono::hours::min()}.negative());
}

BOOST_AUTO_TEST_CASE(a_part_of_a_nanosecond_below_zero_is_negative_and_so_is_what_is_no_number) {
  using seconds = std::chrono::duration<double>;
  BOOST_TEST(timeout{seconds{-1e-12}}.negative());
  BOOST_TEST(timeout{seconds{std::numeric_limits<double>::quiet_NaN()}}.negative());
  BOOST_TEST(!timeout{seconds{-0.0}}.negative());
  BOOST_TEST(timeout{seconds{std::numeric_limits<double>::infinity()}}.for_ever());
}

BOOST_AUTO_TEST_CASE(a_part_of_a_nanosecond_counts_as_one_so_that_nothing_is_early) {
  using picoseconds = std::chrono::duration<std::int64_t, std::pico>;
  BOOST_TEST(time_span{picoseconds{1}}.length() == 1ns);
  BOOST_TEST(time_span{picoseconds{1001}}.length() == 2ns);
  BOOST_TEST(time_span{picoseconds{2000}}.length() == 2ns);
}

BOOST_AUTO_TEST_CASE(whole_units_are_exact) {
  BOOST_TEST(time_span{1h}.length() == 1h);
  BOOST_TEST(
      (time_span{nanoseconds{(std::int64_t{1} << 62) + 1}}.length().count() == (std::int64_t{1} << 62) + 1));
}

BOOST_AUTO_TEST_CASE(later_saturates) {
  BOOST_TEST(later(noon, 1s) == noon + 1s);
  BOOST_TEST(later(noon, nanoseconds::max()) == time_point::max());
  BOOST_TEST(later(time_point::max() - 1ns, 1ns) == time_point::max());
  BOOST_TEST(later(time_point::max(), 0ns) == time_point::max());
}

BOOST_AUTO_TEST_CASE(arithmetic_on_times_saturates_both_ways) {
  constexpr auto most = nanoseconds::max(), least = nanoseconds::min();
  BOOST_TEST(later(noon, least) == noon + least);
  BOOST_TEST(later(epoch - 1s, most) == time_point{most - 1s});
  BOOST_TEST(later(epoch - 1s, least) == time_point::min());
  BOOST_TEST(later(time_point::min(), -1ns) == time_point::min());
  BOOST_TEST(later(time_point::min(), most) == epoch - 1ns);
  BOOST_TEST(longer(1s, 2s) == 3s);
  BOOST_TEST(longer(most, 1ns) == most);
  BOOST_TEST(longer(most, most) == most);
  BOOST_TEST(longer(least, -1ns) == least);
  BOOST_TEST(longer(most, least) == -1ns);
  BOOST_TEST(time_between(epoch, noon) == 12h);
  BOOST_TEST(time_between(noon, epoch) == -12h);
  BOOST_TEST(time_between(noon, time_point::min()) == least);
  BOOST_TEST(time_between(epoch - 1ns, time_point::max()) == most);
  BOOST_TEST(time_between(time_point::max(), time_point::min()) == least);
  BOOST_TEST(time_between(time_point::min(), time_point::max()) == most);
  static_assert(later(time_point::max(), nanoseconds::max()) == time_point::max());
}

BOOST_AUTO_TEST_CASE(a_deadline_from_any_timeout_saturates) {
  using seconds = std::chrono::duration<double>;
  for (auto const now : {time_point::min(), epoch, noon, time_point::max()}) {
    for (auto const when : {time_point::min(), epoch, noon, time_point::max()})
      BOOST_TEST(until(when).from(now) == when);
    BOOST_TEST(timeout{std::chrono::hours::max()}.from(now) >= now);
    BOOST_TEST(timeout{nanoseconds::max() - 1ns}.from(now) >= now);
    BOOST_TEST(timeout{std::chrono::hours::min()}.from(now) <= now);
    BOOST_TEST(timeout{seconds{-std::numeric_limits<double>::infinity()}}.from(now) <= now);
    BOOST_TEST(timeout{seconds{std::numeric_limits<double>::quiet_NaN()}}.from(now) <= now);
  }
}

BOOST_AUTO_TEST_CASE(zero_never_waits_and_negative_is_neither) {
  BOOST_TEST(timeout{0s}.never_waits());
  BOOST_TEST(!timeout{1ns}.never_waits());
  BOOST_TEST(!timeout{-1ns}.never_waits());
  BOOST_TEST(timeout{-1ns}.negative());
  BOOST_TEST(!timeout{0s}.negative());
  BOOST_TEST(!timeout{}.never_waits());
}

BOOST_AUTO_TEST_CASE(a_duration_runs_from_the_begin_of_the_operation) {
  timeout const five{5s};
  BOOST_TEST(five.relative());
  BOOST_TEST(five.from(noon) == noon + 5s);
  BOOST_TEST(timeout{1h}.from(time_point::max() - 1s) == time_point::max());
}

BOOST_AUTO_TEST_CASE(until_is_a_time_whenever_the_operation_begins) {
  timeout const at = until(noon);
  BOOST_TEST(!at.relative());
  BOOST_TEST(at.from(epoch) == noon);
  BOOST_TEST(at.from(noon + 1h) == noon);
  BOOST_TEST(until(time_point::max()).from(noon) == time_point::max());
}

BOOST_AUTO_TEST_CASE(until_a_time_before_the_epoch_is_not_a_negative_duration) {
  BOOST_TEST(!until(epoch - 1s).negative());
  BOOST_TEST(!until(epoch).never_waits());
}

BOOST_AUTO_TEST_CASE(a_stop_reference_gives_the_token_it_was_given) {
  std::stop_source source;
  auto const token = source.get_token();
  limits const with{.stop = token};
  BOOST_TEST(with.stop.token() == token);
  source.request_stop();
  BOOST_TEST(with.stop.token().stop_requested());
}

BOOST_AUTO_TEST_CASE(an_operation_without_bytes_keeps_time_and_stop_only) {
  std::stop_source source;
  auto const token = source.get_token();
  auto const kept = time_and_stop(
      {.timeout = 1s, .stall_timeout = 2s, .min_rate = {.bytes_per_second = 3, .over = 4s}, .stop = token});
  BOOST_TEST(kept.timeout.length() == 1s);
  BOOST_TEST(kept.stall_timeout.for_ever());
  BOOST_TEST(kept.min_rate.bytes_per_second == 0u);
  BOOST_TEST(kept.stop.token() == token);
}

BOOST_AUTO_TEST_CASE(now_is_the_clock_of_the_seam) {
  test::faults seam;
  auto const before = now();
  seam.clock_jump_ns += nanoseconds{1h}.count();
  BOOST_TEST((now() - before) >= 1h);
  seam.clock_jump_ns = 0;
  BOOST_TEST((now() - before) < 1h);
}
