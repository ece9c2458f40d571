// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What ends an operation, when, with which word; and that the connection survives it.

#include <poll.h>

#include <boost/test/unit_test.hpp>
#include <chosen.hpp>
#include <peer.hpp>
#include <printing.hpp>
#include <stop_token>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;

namespace {

constexpr int small_buffers = 16 * 1024;
constexpr std::size_t more_than_fits = std::size_t{8} << 20;

// Whether an interrupted send can go on at `bytes` and nothing is lost or doubled.
void goes_on(pair& ends, std::vector<std::byte> const& data, transfer_result const& interrupted) {
  BOOST_TEST(interrupted.connection_usable());
  BOOST_TEST(interrupted.bytes < data.size());
  reading_peer peer{ends.far};
  auto const rest = std::span{data}.subspan(interrupted.bytes);
  auto const sent = way::send_all(ends.near, rest);
  ends.near.close();
  BOOST_TEST(no_error(sent));
  BOOST_TEST(interrupted.bytes + sent.bytes == data.size());
  BOOST_TEST(same(peer.seen(), data));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(limit)

BOOST_AUTO_TEST_CASE(a_timeout_ends_a_send_and_the_next_goes_on_at_its_count) {
  pair ends{small_buffers};
  auto const data = pattern(more_than_fits);
  auto const before = clock::now();
  auto const sent = way::send_all(ends.near, data, {.timeout = 30ms});
  BOOST_TEST(sent.error == errc::timed_out);
  BOOST_TEST((clock::now() - before) >= 30ms);
  goes_on(ends, data, sent);
}

BOOST_AUTO_TEST_CASE(a_timeout_ends_a_receive_and_keeps_what_came) {
  pair ends;
  auto const data = pattern(1000);
  std::vector<std::byte> into(1000);
  { writing_peer peer{ends.far, {data.begin(), data.begin() + 400}}; }
  std::span first{into.data(), 1}, following{into.data() + 1, 999};
  BOOST_TEST(no_error(way::receive_all(ends.near, first)));  // however late they come

  auto const received = way::receive_all(ends.near, following, {.timeout = 20ms});
  BOOST_TEST(received.error == errc::timed_out);
  BOOST_TEST(received.bytes == 399u);
  BOOST_TEST(received.connection_usable());

  writing_peer peer{ends.far, {data.begin() + 400, data.end()}};
  std::span rest{into.data() + 400, 600};
  BOOST_TEST(no_error(way::receive_all(ends.near, rest)));
  BOOST_TEST(same(into, data));
}

BOOST_AUTO_TEST_CASE(a_zero_timeout_never_waits) {
  pair ends{small_buffers};
  auto const data = pattern(more_than_fits);
  std::vector<std::byte> into(10);

  auto const sent = way::send_all(ends.near, data, {.timeout = 0s});
  BOOST_TEST(sent.error == errc::would_block);
  BOOST_TEST(sent.bytes > 0u);
  BOOST_TEST(sent.waits == 0u);
  auto const received = way::receive_some(ends.near, into, {.timeout = 0s});
  BOOST_TEST(received.error == errc::would_block);
  BOOST_TEST(received.waits == 0u);
  goes_on(ends, data, sent);
}

BOOST_AUTO_TEST_CASE(a_time_that_has_passed_allows_one_attempt) {
  pair ends;
  auto const past = clock::now() - 1s;
  auto const data = pattern(1000);
  std::vector<std::byte> into(10);

  BOOST_TEST(no_error(way::send_all(ends.near, data, {.timeout = until(past)})));  // one attempt finishes it
  auto const received = way::receive_some(ends.near, into, {.timeout = until(past)});
  BOOST_TEST(received.error == errc::timed_out);
  BOOST_TEST(received.calls >= 1u);
}

BOOST_AUTO_TEST_CASE(a_negative_timeout_is_refused_without_an_attempt) {
  pair ends;
  auto const data = pattern(10);
  auto const sent = way::send_all(ends.near, data, {.timeout = -1ns});
  BOOST_TEST(sent.error == boost::system::errc::invalid_argument);
  BOOST_TEST(sent.calls == 0u);
  BOOST_TEST(sent.connection_usable());
}

BOOST_AUTO_TEST_CASE(a_timeout_of_hours_max_is_for_ever) {
  pair ends;
  writing_peer peer{ends.far, pattern(10)};
  std::vector<std::byte> into(10);
  BOOST_TEST(no_error(way::receive_all(ends.near, into, {.timeout = std::chrono::hours::max()})));
}

BOOST_AUTO_TEST_CASE(a_peer_that_reads_nothing_is_a_stall) {
  pair ends{small_buffers};
  auto const data = pattern(more_than_fits);
  auto const before = clock::now();
  auto const sent = way::send_all(ends.near, data, {.stall_timeout = 60ms});
  BOOST_TEST(sent.error == errc::stalled);
  BOOST_TEST((clock::now() - before) >= 60ms);
  goes_on(ends, data, sent);
}

BOOST_AUTO_TEST_CASE(a_peer_that_reads_slowly_is_no_stall) {
  // It takes a piece each 10 ms, and all in all longer than the stall limit.
  pair ends{small_buffers};
  auto const data = pattern(std::size_t{1} << 20);
  std::size_t seen = 0;
  nanoseconds longest_pause{};
  std::thread slow{[&, fd = ends.far.native_handle()] {
    std::vector<std::byte> part(16 * 1024);
    for (auto last = clock::now(); seen != data.size();) {
      auto const n = ::recv(fd, part.data(), part.size(), 0);
      if (n <= 0) return;
      seen += static_cast<std::size_t>(n);
      longest_pause = std::max(longest_pause, clock::now() - std::exchange(last, clock::now()));
      std::this_thread::sleep_for(10ms);  // its pace, not a synchronisation
    }
  }};
  auto const sent = way::send_all(ends.near, data, {.stall_timeout = 400ms});
  if (sent.error) ends.near.close();
  slow.join();
  // A machine that did not let the peer read for so long has made a stall of it.
  if (longest_pause < 400ms) BOOST_TEST(no_error(sent));
  BOOST_TEST((!sent.error || sent.error == errc::stalled), sent.error);
  if (!sent.error) BOOST_TEST(seen == data.size());
}

BOOST_AUTO_TEST_CASE(a_silent_peer_is_a_stall_of_the_receiver) {
  pair ends;
  std::vector<std::byte> into(10);
  auto const received = way::receive_all(ends.near, into, {.stall_timeout = 40ms});
  BOOST_TEST(received.error == errc::stalled);
  BOOST_TEST(received.bytes == 0u);
  BOOST_TEST(received.connection_usable());
}

BOOST_AUTO_TEST_CASE(less_than_the_least_rate_is_too_slow) {
  // A byte each 5 ms is progress, so no stall; but far below a megabyte a second.
  pair ends;
  std::stop_source done;
  std::thread drip{[fd = ends.far.native_handle(), token = done.get_token()] {
    while (!token.stop_requested() && ::send(fd, "x", 1, MSG_NOSIGNAL) == 1) std::this_thread::sleep_for(5ms);
  }};
  pollfd first{.fd = static_cast<int>(ends.near.native_handle()), .events = POLLIN, .revents = 0};
  BOOST_TEST(::poll(&first, 1, 60'000) == 1);  // however late the drip begins
  std::vector<std::byte> into(1'000'000);
  auto const received = way::receive_all(
      ends.near, into, {.stall_timeout = 1s, .min_rate = {.bytes_per_second = 1'000'000, .over = 80ms}});
  done.request_stop();
  drip.join();
  BOOST_TEST(received.error == errc::too_slow);
  BOOST_TEST(received.bytes >= 1u);
  BOOST_TEST(received.connection_usable());
}

BOOST_AUTO_TEST_CASE(a_stop_before_the_call_makes_no_attempt) {
  pair ends;
  std::stop_source source;
  source.request_stop();
  auto const token = source.get_token();
  auto const data = pattern(10);
  auto const sent = way::send_all(ends.near, data, {.stop = token});
  BOOST_TEST(sent.error == errc::stopped);
  BOOST_TEST(sent.calls == 0u);
}

BOOST_AUTO_TEST_CASE(a_stop_from_another_thread_ends_a_send_into_a_full_buffer) {
  pair ends{small_buffers};
  std::stop_source source;
  auto const token = source.get_token();
  auto const data = pattern(more_than_fits);
  // The stop comes when the peer has seen bytes but before it takes any: in the midst of it.
  std::thread stopper{[&, fd = ends.far.native_handle()] {
    std::byte first;
    while (::recv(fd, &first, 1, MSG_PEEK) != 1) {
    }
    source.request_stop();
  }};
  auto const sent = way::send_all(ends.near, data, {.stop = token});
  stopper.join();
  BOOST_TEST(sent.error == errc::stopped);
  goes_on(ends, data, sent);
}

BOOST_AUTO_TEST_CASE(a_stop_from_another_thread_ends_a_receive) {
  pair ends;
  std::stop_source source;
  auto const token = source.get_token();
  std::vector<std::byte> into(10);
  std::thread stopper{[&] { source.request_stop(); }};
  auto const received = way::receive_some(ends.near, into, {.stop = token});
  stopper.join();
  BOOST_TEST(received.error == errc::stopped);
  BOOST_TEST(received.connection_usable());

  // As usable as before, and the thread's next wait is not woken by the last one's stop.
  BOOST_TEST(way::receive_some(ends.near, into, {.timeout = 10ms}).error == errc::timed_out);
  std::stop_source next;
  auto const unasked = next.get_token();
  BOOST_TEST(
      (way::receive_some(ends.near, into, {.timeout = 10ms, .stop = unasked}).error == errc::timed_out));
}

BOOST_AUTO_TEST_CASE(a_limit_ends_a_finish_and_counts_what_is_unacknowledged) {
  pair ends{small_buffers};
  auto const data = pattern(more_than_fits);
  // Both buffers full, and not only ours for as long as acknowledgements are late.
  auto const sent = way::send_all(ends.near, data, {.stall_timeout = 100ms});
  BOOST_TEST(sent.error == errc::stalled);
  auto const finished = way::finish(ends.near, {.timeout = 20ms});
  BOOST_TEST(finished.error == errc::timed_out);
  BOOST_TEST(finished.bytes > 0u);
  BOOST_TEST(finished.connection_usable());

  reading_peer peer{ends.far};  // now it reads, and finishing can be taken up again
  BOOST_TEST(no_error(way::finish(ends.near)));
  BOOST_TEST(peer.seen().size() == sent.bytes);
}

BOOST_AUTO_TEST_SUITE_END()
