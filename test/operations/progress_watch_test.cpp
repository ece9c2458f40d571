// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What is progress: the limits that a lack of it passes (stall_timeout, min_rate, the idle timeout of a
// mode), with a channel and a clock that do what the test says.

#include <operations/progress_watch.hpp>

#include <boost/test/unit_test.hpp>
#include <memory>
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

// Turns at whatever it says is due, until it ends; `between` is the world meanwhile. How long that took.
nanoseconds runs(scripted_time& time, operation& op, auto between) {
  auto const began = time.now;
  while (op.advance() == progress::pending) {
    BOOST_TEST_REQUIRE(op.due() > time.now);
    time.now = op.due();
    between(time.now - began);
  }
  return time.now - began;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_stall_limit_of_nearly_for_ever_is_far_off) {
  auto channel = never_ready();
  transfer sending_it{channel, sending(memory), {.stall_timeout = nanoseconds::max() - 1ns}};
  BOOST_TEST(sending_it.advance() == progress::pending);
  BOOST_TEST(sending_it.due() > now() + 1h);
}

BOOST_AUTO_TEST_CASE(a_stall_is_reported_within_a_quarter_of_its_limit) {
  scripted_time time;
  auto channel = never_ready();
  transfer sending_it{channel, sending(memory), {.stall_timeout = 1s}};
  auto const took = runs(time, sending_it, [](auto) {});
  BOOST_TEST(sending_it.result().error == errc::stalled);
  BOOST_TEST(took >= 1s);
  BOOST_TEST(took <= 1250ms);
}

BOOST_AUTO_TEST_CASE(what_the_peer_takes_from_the_queue_is_progress) {
  scripted_time time;
  auto channel = never_ready();
  channel.in_queue = 100;
  transfer sending_it{channel, sending(memory), {.stall_timeout = 1s}};
  auto const took = runs(time, sending_it, [&](nanoseconds since) {
    if (since < 5s) --channel.in_queue;
  });
  BOOST_TEST(sending_it.result().error == errc::stalled);
  BOOST_TEST(took >= 5750ms);
  BOOST_TEST(took <= 6250ms);
}

BOOST_AUTO_TEST_CASE(bytes_that_move_are_progress) {
  scripted_time time;
  scripted_channel channel{[&](std::size_t number, std::size_t) { return would_block(number < 8 ? 1 : 0); }};
  std::string into(100, '?');
  transfer receiving_it{channel, receiving(into), {.stall_timeout = 1s}};
  auto const took = runs(time, receiving_it, [](auto) {});
  BOOST_TEST(receiving_it.result().error == errc::stalled);
  BOOST_TEST(receiving_it.result().bytes == 8u);
  BOOST_TEST(took > 2s);
}

BOOST_AUTO_TEST_CASE(bytes_that_only_fill_the_queue_end_in_a_stall) {
  scripted_time time;
  scripted_channel* filled = nullptr;
  scripted_channel channel{[&](std::size_t number, std::size_t) {
    if (number != 0) return would_block();
    filled->in_queue = 1000;
    return would_block(1000);
  }};
  filled = &channel;
  transfer sending_it{channel, sending(memory), {.stall_timeout = 1s}};
  auto const took = runs(time, sending_it, [](auto) {});
  BOOST_TEST(sending_it.result().error == errc::stalled);
  BOOST_TEST(sending_it.result().bytes == 1000u);
  BOOST_TEST(took <= 1250ms);
}

BOOST_AUTO_TEST_CASE(a_rate_below_the_least_ends_it_after_the_grace) {
  scripted_time time;
  scripted_channel channel{[](std::size_t, std::size_t) { return would_block(1); }};
  transfer sending_it{channel, sending(memory), {.min_rate = {.bytes_per_second = 1000, .over = 4s}}};
  auto const took = runs(time, sending_it, [](auto) {});
  BOOST_TEST(sending_it.result().error == errc::too_slow);
  BOOST_TEST(took >= 4s);
  BOOST_TEST(took <= 5s);
}

BOOST_AUTO_TEST_CASE(a_rate_at_the_least_goes_on_and_a_slump_ends_it) {
  scripted_time time;
  auto const began = time.now;
  auto last = began;
  // 1000 bytes a second by the clock for 20 s, then half of it.
  scripted_channel channel{[&](std::size_t, std::size_t) {
    auto const rate = time.now - began <= 20s ? 1000 : 500;
    auto const bytes =
        static_cast<std::size_t>((time.now - last) / 1ms) * static_cast<std::size_t>(rate) / 1000;
    last = time.now;
    return would_block(bytes);
  }};
  transfer sending_it{channel, sending(memory), {.min_rate = {.bytes_per_second = 900, .over = 4s}}};
  auto const took = runs(time, sending_it, [](auto) {});
  BOOST_TEST(sending_it.result().error == errc::too_slow);
  BOOST_TEST(took > 20s);
  BOOST_TEST(took <= 25s);
}

BOOST_AUTO_TEST_CASE(a_watch_takes_data_queued_before_for_progress_when_it_goes) {
  progress_watch watch{limits{.stall_timeout = 1s}};
  time_point const start{1h};
  BOOST_TEST(!watch.look(start, -500, false));  // 500 of an earlier operation lie in the queue
  BOOST_TEST(!watch.look(start + 900ms, -400, false));
  BOOST_TEST(!watch.look(start + 1800ms, -400, false));
  BOOST_TEST(watch.look(start + 1900ms, -400, false) == errc::stalled);
}

// --- the idle timeout of a mode

namespace {

struct idle_connection : scripted_channel, mode {
  using scripted_channel::scripted_channel;
};

}  // namespace

BOOST_AUTO_TEST_CASE(an_idle_timeout_ends_a_wait_in_either_direction) {
  scripted_time time;
  idle_connection channel{[](std::size_t, std::size_t) { return would_block(); }};
  channel.set_idle_timeout(1s);
  std::string into(100, '?');
  transfer sending_it{channel, sending(memory)};
  transfer receiving_it{channel, receiving(into)};
  for (operation* const each :
       {static_cast<operation*>(&sending_it), static_cast<operation*>(&receiving_it)}) {
    auto const took = runs(time, *each, [](auto) {});
    BOOST_TEST(each->result().error == errc::stalled);
    BOOST_TEST(took >= 1s);
    BOOST_TEST(took <= 1250ms);
  }
}

// A relay whose upload is idle keeps its download.
BOOST_AUTO_TEST_CASE(what_one_direction_moves_keeps_the_other_from_idling) {
  scripted_time time;
  bool moving = true;
  idle_connection channel{[&](std::size_t, std::size_t) { return moving ? moves(1) : would_block(); }};
  channel.set_idle_timeout(1s);
  std::string into(100, '?');
  moving = false;
  transfer receiving_it{channel, receiving(into)};
  auto const took = runs(time, receiving_it, [&](nanoseconds passed) {
    if (passed > 10s) return;
    moving = true;  // the other direction, which never waits and so is never looked at
    transfer sending_it{channel, sending_some(memory)};
    BOOST_TEST(sending_it.advance() == progress::done);
    BOOST_TEST(sending_it.result().bytes == 1U);
    moving = false;
  });
  BOOST_TEST(receiving_it.result().error == errc::stalled);
  BOOST_TEST(took > 10s);
  BOOST_TEST(took <= 11500ms);
}

BOOST_AUTO_TEST_CASE(what_the_peer_takes_of_the_queue_keeps_the_other_direction_from_idling) {
  scripted_time time;
  idle_connection channel{[](std::size_t, std::size_t) { return would_block(); }};
  channel.set_idle_timeout(1s);
  channel.in_queue = 10;
  std::string into(100, '?');
  transfer sending_it{channel, sending(memory)};
  transfer receiving_it{channel, receiving(into)};
  BOOST_TEST(sending_it.advance() == progress::pending);
  auto const took = runs(time, receiving_it, [&](nanoseconds) {
    if (channel.in_queue == 0) return;
    --channel.in_queue;
    BOOST_TEST(sending_it.advance() == progress::pending);
  });
  BOOST_TEST(receiving_it.result().error == errc::stalled);
  BOOST_TEST(took >= 3s);  // ten looks at the quarters of a second, and one whole
}

BOOST_AUTO_TEST_CASE(the_time_between_two_operations_is_not_idle) {
  scripted_time time;
  idle_connection channel{[](std::size_t, std::size_t) { return would_block(); }};
  channel.set_idle_timeout(1s);
  time.now += 1h;
  transfer sending_it{channel, sending(memory)};
  BOOST_TEST(sending_it.advance() == progress::pending);
  BOOST_TEST(sending_it.due() > time.now);
}

BOOST_AUTO_TEST_CASE(an_operation_outlives_the_mode_whose_idle_timeout_bounds_it) {
  scripted_time time;
  auto channel = never_ready();
  auto of = std::make_unique<mode>();
  of->set_idle_timeout(1s);
  transfer sending_it{channel, sending(memory), of->governing({})};
  of.reset();
  runs(time, sending_it, [](auto) {});
  BOOST_TEST(sending_it.result().error == errc::stalled);
}
