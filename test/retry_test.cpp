// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/retry.hpp>

#include <boost/test/unit_test.hpp>
#include <faults.hpp>
#include <limits>
#include <peer.hpp>
#include <printing.hpp>
#include <scripted_channel.hpp>
#include <scripted_time.hpp>
#include <stdexcept>
#include <string>
#include <transports.hpp>
#include <trivium/nonblocking.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;

static_assert(retry::policy<retry::backoff>);
static_assert(retry::policy<decltype(retry::call([] {}))>);
static_assert(!retry::policy<int>);

namespace {

std::string const memory(1000, 'x');

// Refuses so often, then takes all.
scripted_channel refuses(std::size_t times) {
  return scripted_channel{[times](std::size_t number, std::size_t asked) {
    return number < times ? would_block() : moves(asked);
  }};
}

std::vector<nanoseconds> lengths(scripted_time const& time) {
  std::vector<nanoseconds> result;
  for (auto const& each : time.sleeps) result.push_back(each.at_most.value());
  return result;
}

}  // namespace

BOOST_AUTO_TEST_CASE(call_calls_once_between_two_attempts) {
  auto channel = refuses(5);
  int called = 0;
  auto const sent = nonblocking::send_all(channel, memory, retry::call([&] { ++called; }));
  BOOST_TEST(no_error(sent));
  BOOST_TEST(called == 5);
  BOOST_TEST(sent.waits == 5u);
  BOOST_TEST(sent.would_blocks == 5u);
  BOOST_TEST(sent.calls == 6u);
}

BOOST_AUTO_TEST_CASE(call_counts_the_time_of_the_other_work) {
  scripted_time time;
  auto channel = refuses(3);
  auto const sent = nonblocking::send_all(channel, memory, retry::call([&] { time.now += 2s; }));
  BOOST_TEST(sent.waited == 6s);
}

// The exception is the caller's own; what was moved before is not lost with it.
BOOST_AUTO_TEST_CASE(throwing_retry_keeps_the_count) {
  auto [near, far] = local_pair(16 * 1024);
  auto const data = pattern(1 << 20);
  transfer upload{near, sending(data)};
  int calls = 0;
  BOOST_CHECK_THROW(nonblocking::complete(upload, retry::call([&] {
                                            if (++calls == 3) throw std::runtime_error{"enough"};
                                          })),
                    std::runtime_error);
  auto const so_far = upload.result().bytes;
  BOOST_TEST(!upload.ended());
  BOOST_TEST(so_far > 0u);
  BOOST_TEST(so_far < data.size());

  reading_peer peer{far};
  nonblocking::complete(upload, retry::poll);
  near.close();
  BOOST_TEST(no_error(upload.result()));
  BOOST_TEST(upload.result().bytes == data.size());
  BOOST_TEST(same(peer.seen(), data));
}

BOOST_AUTO_TEST_CASE(backoff_doubles_its_sleep_up_to_the_most) {
  scripted_time time;
  auto channel = refuses(5);
  auto const sent = nonblocking::send_all(channel, memory, retry::backoff{1ms, 5ms});
  BOOST_TEST(no_error(sent));
  BOOST_TEST(lengths(time) == (std::vector<nanoseconds>{1ms, 2ms, 4ms, 5ms, 5ms}));
  BOOST_TEST(sent.waits == 5u);
  BOOST_TEST(sent.waited == 17ms);
}

BOOST_AUTO_TEST_CASE(backoff_begins_anew_when_something_moved) {
  scripted_time time;
  scripted_channel channel{[](std::size_t number, std::size_t asked) {
    if (number == 3) return would_block(1);
    return number < 5 ? would_block() : moves(asked);
  }};
  auto const sent = nonblocking::send_all(channel, memory, retry::backoff{1ms, 1s});
  BOOST_TEST(no_error(sent));
  BOOST_TEST(lengths(time) == (std::vector<nanoseconds>{1ms, 2ms, 4ms, 1ms, 2ms}));
}

BOOST_AUTO_TEST_CASE(backoff_sleeps_no_longer_than_its_limits) {
  scripted_time time;
  auto channel = refuses(1000);
  auto const sent = nonblocking::send_all(channel, memory, retry::backoff{4s, 1h}, {.timeout = 10s});
  BOOST_TEST(sent.error == errc::timed_out);
  BOOST_TEST(lengths(time) == (std::vector<nanoseconds>{4s, 6s}));
}

BOOST_AUTO_TEST_CASE(backoff_without_a_first_length_still_sleeps_and_ends) {
  scripted_time time;
  auto channel = refuses(3);
  BOOST_TEST(no_error(nonblocking::send_all(channel, memory, retry::backoff{0ms, 0ms})));
  BOOST_TEST(lengths(time) == (std::vector<nanoseconds>{1ns, 1ns, 1ns}));
}

BOOST_AUTO_TEST_CASE(backoff_takes_any_length_and_doubles_none_past_the_longest) {
  using seconds = std::chrono::duration<double>;
  static constexpr auto most = nanoseconds::max();
  auto const slept = [](time_span first, time_span at_most) {
    scripted_time time;
    auto channel = refuses(2);
    BOOST_TEST(no_error(nonblocking::send_all(channel, memory, retry::backoff{first, at_most})));
    std::vector<nanoseconds> result;
    for (auto const& each : time.sleeps) result.push_back(each.at_most.value_or(most));  // no time: for ever
    return result;
  };
  BOOST_TEST(slept(seconds{0.25}, 1h) == (std::vector<nanoseconds>{250ms, 500ms}));
  BOOST_TEST(slept(1ms, nanoseconds::min()) == (std::vector<nanoseconds>{1ms, 1ms}));
  BOOST_TEST(slept(nanoseconds::min(), 1h) == (std::vector<nanoseconds>{1ns, 2ns}));
  BOOST_TEST(
      (slept(seconds{std::numeric_limits<double>::quiet_NaN()}, 1h) == std::vector<nanoseconds>{1ns, 2ns}));
  BOOST_TEST(slept(most / 2, std::chrono::hours::max()) == (std::vector<nanoseconds>{most / 2, most}));
  BOOST_TEST(slept(std::chrono::hours::max(), std::nullopt) == (std::vector<nanoseconds>{most, most}));
}

BOOST_AUTO_TEST_CASE(yield_gives_up_the_processor_once_between_two_attempts) {
  scripted_time time;
  auto channel = refuses(4);
  auto const sent = nonblocking::send_all(channel, memory, retry::yield);
  BOOST_TEST(no_error(sent));
  BOOST_TEST(time.yields == 4u);
  BOOST_TEST(time.sleeps.empty());
  BOOST_TEST(sent.waits == 4u);
}

BOOST_AUTO_TEST_CASE(poll_sleeps_for_what_is_wanted_and_as_long_as_the_limits_allow) {
  scripted_time time;
  auto channel = refuses(1);
  BOOST_TEST(no_error(nonblocking::send_all(channel, memory, retry::poll)));
  BOOST_REQUIRE(time.sleeps.size() == 1u);
  BOOST_TEST(!time.sleeps[0].at_most.has_value());
  BOOST_TEST(time.sleeps[0].on.fd == 7);
  BOOST_TEST(time.sleeps[0].on.events == POLLOUT);

  auto again = refuses(1);
  BOOST_TEST(no_error(nonblocking::send_all(again, memory, retry::poll, {.timeout = 3s})));
  BOOST_TEST(time.sleeps[1].at_most == 3s);
}

BOOST_AUTO_TEST_CASE(spin_asks_whether_it_is_ready_without_sleeping) {
  auto ends = local_pair();  // clang 14 captures no structured bindings
  auto &near = ends.first, &far = ends.second;
  faults seam;
  std::thread peer{[&] {  // sends only after the near end has asked a few times in vain
    while (seam.polls < 5) std::this_thread::yield();
    ::send(far.native_handle(), "x", 1, 0);
  }};
  std::array<std::byte, 1> into{};
  auto const received = nonblocking::receive_all(near, into, retry::spin);
  peer.join();
  BOOST_TEST(no_error(received));
  BOOST_TEST(received.bytes == 1u);
  BOOST_TEST(received.calls == 2u);  // the attempts, not the questions
  BOOST_TEST(received.waits == 1u);
}

BOOST_AUTO_TEST_CASE(every_policy_heeds_stop_and_timeout) {
  auto const heeds = [](auto policy) {
    auto [near, far] = local_pair();
    std::array<std::byte, 1> into{};
    BOOST_TEST(nonblocking::receive_all(near, into, policy, {.timeout = 2ms}).error == errc::timed_out);
    std::stop_source stop;
    auto const token = stop.get_token();
    std::thread stopper{[&] { stop.request_stop(); }};
    BOOST_TEST(nonblocking::receive_all(near, into, policy, {.timeout = 60s, .stop = token}).error ==
               errc::stopped);
    stopper.join();
    BOOST_TEST(::send(far.native_handle(), "x", 1, 0) == 1);
    BOOST_TEST(no_error(nonblocking::receive_all(near, into, policy)));
  };
  heeds(retry::poll);
  heeds(retry::spin);
  heeds(retry::yield);
  heeds(retry::backoff{1us, 1ms});
  heeds(retry::call([] {}));
}
