// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/nonblocking.hpp>

#include <fcntl.h>

#include <boost/test/unit_test.hpp>
#include <faults.hpp>
#include <peer.hpp>
#include <printing.hpp>
#include <string>
#include <transports.hpp>
#include <trivium/blocking.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(some_is_one_attempt_that_takes_what_fits_and_then_would_block) {
  auto [near, far] = local_pair(16 * 1024);
  auto const data = pattern(1 << 20);
  faults seam;
  auto const first = nonblocking::send_some(near, data);
  BOOST_TEST(no_error(first));
  BOOST_TEST(first.bytes > 0u);
  BOOST_TEST(first.bytes < data.size());
  BOOST_TEST(first.calls == 1u);
  BOOST_TEST(seam.all == 1u);
  transfer_result last = first;
  while (!last.error) last = nonblocking::send_some(near, data);
  BOOST_TEST(last.error == errc::would_block);
  BOOST_TEST(last.bytes == 0u);
  BOOST_TEST(last.calls == 1u);
  BOOST_TEST(last.connection_usable());
}

BOOST_AUTO_TEST_CASE(nothing_to_receive_would_block_whatever_the_descriptor_is) {
  auto [near, far] = tcp_pair();
  BOOST_TEST((::fcntl(near.native_handle(), F_GETFL) & O_NONBLOCK) == 0);
  std::string into(5, '?');
  auto const nothing = nonblocking::receive_some(near, into);
  BOOST_TEST(nothing.error == errc::would_block);
  BOOST_TEST(nothing.would_blocks == 1u);
  BOOST_TEST((::fcntl(near.native_handle(), F_GETFL) & O_NONBLOCK) == 0);
}

BOOST_AUTO_TEST_CASE(an_attempt_is_one_call_and_its_answer_is_told) {
  struct {
    fault of;
    error_code error;
    std::size_t bytes;
    std::uint64_t calls, would_blocks;
  } const cases[] = {{{}, {}, 5, 1, 0},
                     {{.at_most = 3}, {}, 3, 1, 0},
                     {{.error = EAGAIN}, errc::would_block, 0, 1, 1},
                     {{.error = EINTR}, {}, 5, 2, 0},
                     {{.error = ECONNRESET}, {ECONNRESET, boost::system::system_category()}, 0, 1, 0}};
  for (auto const& each : cases) {
    auto ends = local_pair();  // what was sent has arrived
    auto const script = [&](moving_call const& call) { return call.number == 0 ? each.of : fault{}; };
    std::string into(5, '?');
    BOOST_REQUIRE(no_error(blocking::send_all(ends.first, into)));
    transfer_result received, sent;
    {
      faults seam{script};
      received = nonblocking::receive_some(ends.second, into);
      BOOST_TEST(seam.receives == each.calls);
    }
    {
      faults seam{script};
      sent = nonblocking::send_some(ends.second, into);
      BOOST_TEST(seam.sends == each.calls);
    }
    for (auto const* const came : {&received, &sent}) {
      BOOST_TEST(came->error == each.error);
      BOOST_TEST(came->bytes == each.bytes);
      BOOST_TEST(came->calls == each.calls);
      BOOST_TEST(came->would_blocks == each.would_blocks);
      BOOST_TEST(came->waits == 0u);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_end_of_the_peer_is_told_each_time) {
  auto [near, far] = local_pair();
  far.close();
  std::string into(5, '?');
  for (int i = 0; i < 2; ++i) {
    faults seam;
    auto const ended = nonblocking::receive_some(near, into);
    BOOST_TEST(ended.error == errc::end_of_file);
    BOOST_TEST(ended.calls == 1u);
    BOOST_TEST(seam.all == 1u);
  }
}

BOOST_AUTO_TEST_CASE(other_work_is_done_while_the_peer_is_slow) {
  auto ends = local_pair();  // clang 14 captures no structured bindings
  auto &near = ends.first, &far = ends.second;
  std::string into(5, '?');
  int worked = 0;
  auto const received =
      nonblocking::receive_all(near, into, retry::call([&] {
                                 if (++worked == 100)
                                   BOOST_REQUIRE(::send(far.native_handle(), "hello", 5, 0) == 5);
                               }));
  BOOST_TEST(no_error(received));
  BOOST_TEST(worked == 100);
  BOOST_TEST(received.waits == 100u);
}

BOOST_AUTO_TEST_CASE(limits_end_it_between_two_calls_of_the_callers) {
  auto [near, far] = local_pair();
  std::string into(5, '?');
  std::stop_source stop;
  auto const token = stop.get_token();
  int worked = 0;
  auto const received = nonblocking::receive_all(near, into, retry::call([&] {
                                                   if (++worked == 3) stop.request_stop();
                                                 }),
                                                 {.timeout = 60s, .stop = token});
  BOOST_TEST(received.error == errc::stopped);
  BOOST_TEST(worked == 3);
}

BOOST_AUTO_TEST_CASE(complete_turns_a_connect_too) {
  auto const listening = listen(endpoint::tcp("127.0.0.1", 0).value()).value();
  auto operation = nonblocking::connect(listening.local_endpoint().value(), {.timeout = 10s});
  BOOST_TEST(no_error(nonblocking::complete(operation, retry::yield)));
  BOOST_TEST(operation.take().has_value());
}

BOOST_AUTO_TEST_CASE(finish_without_a_policy_looks_once_and_with_one_waits) {
  auto [near, far] = local_pair();
  BOOST_REQUIRE(::send(near.native_handle(), "x", 1, 0) == 1);
  BOOST_TEST(nonblocking::finish(near).error == errc::would_block);
  reading_peer peer{far};
  BOOST_TEST(no_error(nonblocking::finish(near, retry::poll, {.timeout = 30s})));
}
