// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The order of a turn, with a channel and a clock that do what the test says.

#include <trivium/operation.hpp>

#include <boost/test/unit_test.hpp>
#include <climits>
#include <limits>
#include <printing.hpp>
#include <scripted_channel.hpp>
#include <scripted_time.hpp>
#include <string>
#include <trivium/operations/transfer.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;

namespace {

std::string const memory(1 << 20, 'x');
error_code const invalid{EINVAL, boost::system::system_category()};

}  // namespace

// --- stop asked?

BOOST_AUTO_TEST_CASE(a_stop_before_the_first_turn_makes_no_attempt) {
  std::stop_source stop;
  auto const token = stop.get_token();
  auto channel = ever_ready();
  transfer sending_it{channel, sending(memory), {.stop = token}};
  stop.request_stop();
  BOOST_TEST(sending_it.advance() == progress::done);
  BOOST_TEST(sending_it.result().error == errc::stopped);
  BOOST_TEST(sending_it.result().calls == 0u);
  BOOST_TEST(channel.asked.empty());
}

BOOST_AUTO_TEST_CASE(a_stop_between_two_attempts_keeps_what_the_first_moved) {
  std::stop_source stop;
  auto const token = stop.get_token();
  scripted_channel channel{[&](std::size_t, std::size_t) {
    stop.request_stop();
    return moves(100);
  }};
  transfer sending_it{channel, sending(memory), {.stop = token}};
  BOOST_TEST(sending_it.advance() == progress::done);
  BOOST_TEST(sending_it.result().error == errc::stopped);
  BOOST_TEST(sending_it.result().bytes == 100u);
  BOOST_TEST(channel.asked.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_stop_does_not_undo_the_attempt_that_finished) {
  std::stop_source stop;
  auto const token = stop.get_token();
  scripted_channel channel{[&](std::size_t, std::size_t asked) {
    stop.request_stop();
    return moves(asked);
  }};
  transfer sending_it{channel, sending(memory), {.stop = token}};
  BOOST_TEST(sending_it.advance() == progress::done);
  BOOST_TEST(no_error(sending_it.result()));
}

BOOST_AUTO_TEST_CASE(request_stop_ends_the_next_turn_as_a_token_would) {
  auto channel = never_ready();
  transfer sending_it{channel, sending(memory)};
  BOOST_TEST(sending_it.advance() == progress::pending);
  sending_it.request_stop();
  BOOST_TEST(!sending_it.ended());
  BOOST_TEST(sending_it.advance() == progress::done);
  BOOST_TEST(sending_it.result().error == errc::stopped);
  BOOST_TEST(channel.asked.size() == 1u);
}

// --- attempt -> done, ended, failed?

BOOST_AUTO_TEST_CASE(what_one_attempt_can_finish_is_finished_whatever_the_limits) {
  scripted_time time;
  for (auto const& over : {limits{.timeout = 0s}, limits{.timeout = until(time.now - 1h)},
                           limits{.timeout = 1ns, .stall_timeout = 1ns, .min_rate = {1'000'000'000, 1ns}}}) {
    scripted_channel channel{[&](std::size_t, std::size_t asked) {
      time.now += 1h;
      return moves(asked);
    }};
    transfer sending_it{channel, sending(memory), over};
    BOOST_TEST(sending_it.advance() == progress::done);
    BOOST_TEST(no_error(sending_it.result()));
    BOOST_TEST(sending_it.result().bytes == memory.size());
    BOOST_TEST(channel.asked.size() == 1u);
  }
}

BOOST_AUTO_TEST_CASE(a_failure_keeps_the_count_and_comes_before_every_limit) {
  scripted_time time;
  error_code const reset{ECONNRESET, boost::system::system_category()};
  scripted_channel channel{[&](std::size_t number, std::size_t) {
    time.now += 1h;
    return number == 0 ? moves(5) : attempt{.what = attempt::outcome::failed, .error = reset};
  }};
  transfer sending_it{channel, sending(memory), {.timeout = 1s}};
  BOOST_TEST(sending_it.advance() == progress::done);
  BOOST_TEST(sending_it.result().error == reset);
  BOOST_TEST(sending_it.result().bytes == 5u);
  BOOST_TEST(sending_it.result().calls == 2u);
}

BOOST_AUTO_TEST_CASE(an_interruption_asks_again_in_the_same_turn) {
  scripted_channel channel{[](std::size_t number, std::size_t asked) {
    return number < 3 ? attempt{.what = attempt::outcome::again} : moves(asked);
  }};
  transfer sending_it{channel, sending(memory)};
  BOOST_TEST(sending_it.advance() == progress::done);
  BOOST_TEST(no_error(sending_it.result()));
  BOOST_TEST(sending_it.result().calls == 4u);
  BOOST_TEST(sending_it.result().waits == 0u);
}

BOOST_AUTO_TEST_CASE(what_has_ended_stays_so_and_attempts_nothing) {
  auto channel = ever_ready();
  transfer sending_it{channel, sending(memory)};
  BOOST_TEST(sending_it.advance() == progress::done);
  sending_it.fail(errc::stalled);
  sending_it.request_stop();
  BOOST_TEST(sending_it.advance() == progress::done);
  BOOST_TEST(no_error(sending_it.result()));
  BOOST_TEST(channel.asked.size() == 1u);
}

// --- moved, but time over?

// A peer as fast as we are cannot carry a transfer past its timeout: ten attempts of 100 ms reach the second,
// the eleventh is the one made after it.
BOOST_AUTO_TEST_CASE(deadline_ends_a_transfer_that_never_blocks) {
  scripted_time time;
  scripted_channel channel{[&](std::size_t, std::size_t) {
    time.now += 100ms;
    return moves(1000);
  }};
  transfer sending_it{channel, sending(memory), {.timeout = 1s}};
  BOOST_TEST(sending_it.advance() == progress::done);
  BOOST_TEST(sending_it.result().error == errc::timed_out);
  BOOST_TEST(channel.asked.size() == 11u);
  BOOST_TEST(sending_it.result().bytes == 11'000u);
  BOOST_TEST(sending_it.result().connection_usable());
}

BOOST_AUTO_TEST_CASE(the_attempt_after_the_deadline_may_still_finish) {
  scripted_time time;
  scripted_channel channel{[&](std::size_t number, std::size_t asked) {
    time.now += 1s;
    return moves(number == 0 ? 1 : asked);
  }};
  transfer sending_it{channel, sending(memory), {.timeout = 1s}};
  BOOST_TEST(sending_it.advance() == progress::done);
  BOOST_TEST(no_error(sending_it.result()));
}

namespace {

// Interrupted, or moving a byte, ever and again: each attempt takes so long.
scripted_channel busy(scripted_time& time, nanoseconds each, std::size_t bytes) {
  return scripted_channel{[&time, each, bytes](std::size_t number, std::size_t asked) {
    BOOST_REQUIRE(number < 10'000);
    time.now += each;
    return bytes != 0 ? moves(std::min(bytes, asked)) : attempt{.what = attempt::outcome::again};
  }};
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_operation_that_never_blocks_is_ended_by_every_limit) {
  scripted_time time;
  auto const began = time.now;
  auto const ends = [&](std::size_t bytes, limits const& within) {
    time.now = began;
    auto channel = busy(time, 100ms, bytes);
    transfer sending_it{channel, sending(memory), within};
    BOOST_TEST(sending_it.advance() == progress::done);
    BOOST_TEST(sending_it.result().waits == 0u);
    BOOST_TEST(sending_it.result().connection_usable());
    return sending_it.result().error;
  };
  BOOST_TEST(ends(0, {.timeout = 1s}) == errc::timed_out);
  BOOST_TEST((time.now - began) == 1100ms);
  BOOST_TEST(ends(0, {.stall_timeout = 1s}) == errc::stalled);
  BOOST_TEST((time.now - began) >= 1s);
  BOOST_TEST((time.now - began) <= 1350ms);  // a quarter, and an attempt
  for (std::size_t const bytes : {0u, 1u, 99u}) {
    BOOST_TEST(ends(bytes, {.min_rate = {.bytes_per_second = 1000, .over = 4s}}) == errc::too_slow);
    BOOST_TEST((time.now - began) >= 4s);
    BOOST_TEST((time.now - began) <= 5100ms);
  }
}

BOOST_AUTO_TEST_CASE(a_turn_that_never_blocks_and_moves_is_no_stall_and_as_fast_as_it_is) {
  scripted_time time;
  auto channel = busy(time, 100ms, 1000);
  transfer sending_it{channel, sending(memory), {.stall_timeout = 1s, .min_rate = {9'000, 4s}}};
  BOOST_TEST(sending_it.advance() == progress::done);
  BOOST_TEST(no_error(sending_it.result()));
  BOOST_TEST(sending_it.result().bytes == memory.size());
}

BOOST_AUTO_TEST_CASE(a_stall_between_two_turns_is_none_where_the_next_attempt_moves) {
  scripted_time time;
  scripted_channel channel{
      [](std::size_t number, std::size_t) { return number == 0 ? would_block() : moves(1); }};
  transfer sending_it{channel, sending(memory), {.stall_timeout = 1s}};
  BOOST_TEST(sending_it.advance(1) == progress::pending);
  time.now += 1h;
  BOOST_TEST(sending_it.advance(1) == progress::yielded);
  BOOST_TEST(sending_it.result().bytes == 1u);
}

// --- would block: timeout zero, or a limit over?

BOOST_AUTO_TEST_CASE(a_zero_timeout_turns_until_it_would_block) {
  scripted_channel channel{
      [](std::size_t number, std::size_t) { return number < 3 ? moves(10) : would_block(); }};
  transfer sending_it{channel, sending(memory), {.timeout = 0s}};
  BOOST_TEST(sending_it.advance() == progress::done);
  BOOST_TEST(sending_it.result().error == errc::would_block);
  BOOST_TEST(sending_it.result().bytes == 30u);
  BOOST_TEST(sending_it.result().would_blocks == 1u);
}

BOOST_AUTO_TEST_CASE(a_limit_is_reported_only_after_an_attempt_made_when_it_was_over) {
  scripted_time time;
  scripted_channel channel{[&](std::size_t number, std::size_t) {
    if (number == 0) time.now += 2s;  // it falls due during this attempt
    return would_block();
  }};
  transfer sending_it{channel, sending(memory), {.timeout = 1s}};
  BOOST_TEST(sending_it.advance() == progress::done);
  BOOST_TEST(sending_it.result().error == errc::timed_out);
  BOOST_TEST(channel.asked.size() == 2u);
}

BOOST_AUTO_TEST_CASE(it_is_never_early) {
  scripted_time time;
  auto channel = never_ready();
  transfer sending_it{channel, sending(memory), {.timeout = 1s}};
  BOOST_TEST(sending_it.advance() == progress::pending);
  BOOST_TEST(sending_it.due() == time.now + 1s);
  time.now += 1s - 1ns;
  BOOST_TEST(sending_it.advance() == progress::pending);
  time.now += 1ns;
  BOOST_TEST(sending_it.advance() == progress::done);
  BOOST_TEST(sending_it.result().error == errc::timed_out);
}

BOOST_AUTO_TEST_CASE(the_time_runs_from_the_first_turn) {
  scripted_time time;
  auto channel = never_ready();
  transfer sending_it{channel, sending(memory), {.timeout = 1s}};
  time.now += 1h;
  BOOST_TEST(sending_it.advance() == progress::pending);
  BOOST_TEST(sending_it.due() == time.now + 1s);
}

BOOST_AUTO_TEST_CASE(a_time_that_has_passed_lets_it_make_an_attempt) {
  scripted_time time;
  auto channel = never_ready();
  transfer sending_it{channel, sending(memory), {.timeout = until(time.now - 1h)}};
  BOOST_TEST(sending_it.advance() == progress::done);
  BOOST_TEST(sending_it.result().error == errc::timed_out);
  BOOST_TEST(channel.asked.size() >= 1u);
}

BOOST_AUTO_TEST_CASE(without_limits_it_is_never_due_and_says_for_what_it_waits) {
  auto channel = never_ready();
  transfer sending_it{channel, sending(memory)};
  BOOST_TEST(sending_it.advance() == progress::pending);
  BOOST_TEST(sending_it.due() == time_point::max());
  BOOST_TEST(sending_it.interest().descriptor == 7);
  BOOST_TEST(sending_it.interest().until == readiness::writable);
}

BOOST_AUTO_TEST_CASE(nonsense_is_einval_and_makes_no_attempt) {
  for (auto const& nonsense :
       {limits{.timeout = -1ns}, limits{.stall_timeout = 0s}, limits{.stall_timeout = -1s},
        limits{.min_rate = {.bytes_per_second = 1, .over = 0s}}}) {
    auto channel = ever_ready();
    transfer sending_it{channel, sending(memory), nonsense};
    BOOST_TEST(sending_it.advance() == progress::done);
    BOOST_TEST(sending_it.result().error == invalid);
    BOOST_TEST(sending_it.result().calls == 0u);
    BOOST_TEST(channel.asked.empty());
  }
}

BOOST_AUTO_TEST_CASE(limited_is_what_anything_but_the_peer_can_end) {
  std::stop_source stop;
  auto const token = stop.get_token();
  auto channel = ever_ready();
  auto const is_limited = [&](limits const& within) {
    return transfer{channel, sending(memory), within}.limited();
  };
  BOOST_TEST(!is_limited({}));
  BOOST_TEST(!is_limited({.timeout = std::chrono::hours::max()}));
  BOOST_TEST(is_limited({.timeout = 1h}));
  BOOST_TEST(is_limited({.timeout = 0s}));
  BOOST_TEST(is_limited({.stall_timeout = 1h}));
  BOOST_TEST(is_limited({.min_rate = {.bytes_per_second = 1}}));
  BOOST_TEST(is_limited({.stop = token}));
}

// --- budget

BOOST_AUTO_TEST_CASE(a_turn_ends_at_its_budget_and_the_next_goes_on) {
  auto channel = ever_ready();
  transfer sending_it{channel, sending(memory)};
  auto const half = memory.size() / 2;
  BOOST_TEST(sending_it.advance(half) == progress::yielded);
  BOOST_TEST(sending_it.result().bytes == half);
  BOOST_TEST(sending_it.advance(half) == progress::done);
  BOOST_TEST(sending_it.result().bytes == memory.size());
}

// Work that moves nothing, or little, holds a loop as long as any other.
BOOST_AUTO_TEST_CASE(attempts_use_up_the_budget_also_if_they_move_nothing) {
  scripted_time time;
  for (std::size_t const bytes : {0u, 1u}) {
    auto channel = busy(time, 1us, bytes);
    transfer sending_it{channel, sending(memory)};
    BOOST_TEST(sending_it.advance(loop_budget) == progress::yielded);
    BOOST_TEST(channel.asked.size() == 8u);
    BOOST_TEST(sending_it.advance(1) == progress::yielded);
    BOOST_TEST(channel.asked.size() == 9u);
  }
}

BOOST_AUTO_TEST_CASE(no_attempt_is_larger_than_step_max) {
  std::vector<std::byte> large(2 * step_max + 1);
  auto channel = ever_ready();
  transfer receiving_it{channel, receiving(large)};
  BOOST_TEST(receiving_it.advance() == progress::done);
  BOOST_TEST(channel.asked == (std::vector<std::size_t>{step_max, step_max, 1}));
}

BOOST_AUTO_TEST_CASE(waits_are_counted_as_they_are_told) {
  auto channel = never_ready();
  transfer sending_it{channel, sending(memory)};
  BOOST_TEST(sending_it.advance() == progress::pending);
  sending_it.waited(3ms);
  sending_it.waited(4ms);
  BOOST_TEST(sending_it.result().waits == 2u);
  BOOST_TEST(sending_it.result().waited == 7ms);
}

BOOST_AUTO_TEST_CASE(a_way_that_cannot_wait_ends_it_with_its_error) {
  auto channel = never_ready();
  transfer sending_it{channel, sending(memory)};
  sending_it.fail(invalid);
  BOOST_TEST(sending_it.ended());
  BOOST_TEST(sending_it.advance() == progress::done);
  BOOST_TEST(sending_it.result().error == invalid);
}

// What a user may write, for each limit: nothing of it is an overflow, and it ends when it says or is never
// due.
BOOST_AUTO_TEST_CASE(limits_of_any_length_end_it_in_their_time_or_are_nonsense) {
  using seconds = std::chrono::duration<double>;
  constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
  for (time_span const length :
       {time_span{nanoseconds::min()}, time_span{std::chrono::hours::min()}, time_span{-1ns},
        time_span{seconds{not_a_number}}, time_span{1ns}, time_span{1h}, time_span{nanoseconds::max() - 1ns},
        time_span{std::chrono::hours::max()}, time_span{}}) {
    for (limits const& with : {limits{.timeout = length}, limits{.stall_timeout = length},
                               limits{.min_rate = {.bytes_per_second = 1, .over = length}}}) {
      scripted_time time;
      auto channel = never_ready();
      transfer sending_it{channel, sending(memory), with};
      static_cast<void>(poll_timeout(sending_it.due()));
      auto const began = time.now;
      for (int turns = 0; turns != 9 && sending_it.advance() == progress::pending; ++turns) {
        BOOST_TEST_REQUIRE(sending_it.due() > time.now);
        BOOST_TEST(poll_timeout(sending_it.due()) != 0);
        if (sending_it.due() - began > 24h) break;
        time.now = sending_it.due();
      }
      bool const ends = length.length() <= 1h;
      BOOST_TEST(sending_it.ended() == ends);
      if (length.length() < 0ns) BOOST_TEST(sending_it.result().error == invalid);
      if (ends && length.length() > 0ns) BOOST_TEST((time.now - began) >= length.length());
    }
  }
  for (auto const when : {time_point::min(), time_point{}, time_point::max() - 1ns, time_point::max()}) {
    scripted_time const time;
    auto channel = never_ready();
    transfer sending_it{channel, sending(memory), {.timeout = until(when)}};
    BOOST_TEST(poll_timeout(sending_it.due()) ==
               (when > time.now ? when == time_point::max() ? -1 : INT_MAX : 0));
    BOOST_TEST(sending_it.advance() == (when > time.now ? progress::pending : progress::done));
  }
}

BOOST_AUTO_TEST_CASE(waits_told_as_longer_than_for_ever_are_for_ever) {
  auto channel = never_ready();
  transfer sending_it{channel, sending(memory)};
  for (int i = 0; i != 2; ++i) sending_it.waited(nanoseconds::max());
  sending_it.waited(nanoseconds::min());
  BOOST_TEST(sending_it.result().waited == nanoseconds::max());
}
