// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/operations/finishing.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <boost/test/unit_test.hpp>
#include <faults.hpp>
#include <matrix.hpp>
#include <peer.hpp>
#include <printing.hpp>
#include <system.hpp>
#include <thread>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE_TEMPLATE(it_ends_when_the_peer_has_taken_all, Over, ways_over_tcp) {
  typename Over::pair ends{64 * 1024};
  reading_peer peer{ends.far};
  auto const data = pattern(1 << 20);
  BOOST_TEST(no_error(Over::send_all(ends.near, data)));
  auto const finished = Over::finish(ends.near, {.timeout = 30s});
  BOOST_TEST(no_error(finished));
  BOOST_TEST(finished.bytes == 0u);
  BOOST_TEST(same(peer.seen(), data));  // the peer saw our end without a close
}

BOOST_AUTO_TEST_CASE_TEMPLATE(receiving_goes_on_after_it, Over, ways_over_tcp) {
  typename Over::pair ends;
  BOOST_TEST(no_error(Over::finish(ends.near)));
  writing_peer peer{ends.far, pattern(1000)};
  std::vector<std::byte> into(1000);
  BOOST_TEST(no_error(Over::receive_all(ends.near, into)));
  BOOST_TEST(same(into, pattern(1000)));
}

// A peer that reads nothing: its kernel takes what fits, the rest stays ours.
BOOST_AUTO_TEST_CASE_TEMPLATE(a_limit_ends_it_with_what_is_unacknowledged, Over, ways_over_tcp) {
  typename Over::pair ends{16 * 1024};
  std::vector<std::byte> const data(8 << 20);
  auto const sent = Over::send_all(ends.near, data, {.timeout = 5ms});
  BOOST_TEST(sent.error == errc::timed_out);

  auto const finished = Over::finish(ends.near, {.timeout = 5ms});
  BOOST_TEST(finished.error == errc::timed_out);
  BOOST_TEST(finished.bytes > 0u);
  BOOST_TEST(finished.bytes <= sent.bytes);

  std::stop_source stop;
  auto const token = stop.get_token();
  std::thread stopper{[&] { stop.request_stop(); }};
  BOOST_TEST(Over::finish(ends.near, {.timeout = 60s, .stop = token}).error == errc::stopped);
  stopper.join();

  reading_peer peer{ends.far};  // the connection has survived it
  BOOST_TEST(no_error(Over::finish(ends.near, {.timeout = 30s})));
  BOOST_TEST(peer.seen().size() == sent.bytes);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_reset_ends_it_with_the_kernels_error, Over, ways_over_tcp) {
  typename Over::pair ends{16 * 1024};
  std::vector<std::byte> const data(8 << 20);
  BOOST_TEST(Over::send_all(ends.near, data, {.timeout = 5ms}).error == errc::timed_out);
  reset_on_close(ends.far);
  ends.far.close();
  auto const finished = Over::finish(ends.near, {.timeout = 30s});
  BOOST_TEST(finished.error.failed());
  BOOST_TEST(finished.error.category() == boost::system::system_category());
  BOOST_TEST(!finished.connection_usable());
}

// Another call has heard of the reset already: SO_ERROR says nothing any more.
BOOST_AUTO_TEST_CASE(a_reset_heard_of_before_does_not_make_it_wait_for_ever) {
  auto [near, far] = tcp_pair(16 * 1024);
  std::vector<std::byte> const data(8 << 20);
  BOOST_TEST(blocking::send_all(near, data, {.timeout = 5ms}).error == errc::timed_out);
  reset_on_close(far);
  far.close();
  std::array<std::byte, 1> byte{};
  BOOST_TEST(blocking::receive_some(near, byte).error.value() == ECONNRESET);
  auto const finished = blocking::finish(near, {.timeout = 30s});
  BOOST_TEST(finished.error.failed());
  BOOST_TEST(finished.error != errc::timed_out);
}

namespace {

// What the peer does between two of our looks.
std::function<void()> meanwhile;

int queued_then(int descriptor, int* bytes) {
  auto const answer = kernel.queued(descriptor, bytes);
  if (*bytes != 0) std::exchange(meanwhile, [] {})();
  return answer;
}

bool is_over(trivium::socket const& end) {
  tcp_info info{};
  socklen_t size = sizeof info;
  BOOST_REQUIRE(::getsockopt(end.native_handle(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0);
  return info.tcpi_state == TCP_CLOSE;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_peer_that_takes_all_and_ends_while_it_looks_is_no_reset) {
  auto ends = tcp_pair(16 * 1024);
  auto& near = ends.first;
  auto& far = ends.second;
  std::vector<std::byte> const data(8 << 20);
  BOOST_TEST(blocking::send_all(near, data, {.timeout = 5ms}).error == errc::timed_out);
  bool looked = false;
  meanwhile = [&] {
    looked = true;
    std::vector<char> into(1 << 20);
    while (::recv(far.native_handle(), into.data(), into.size(), 0) > 0) {
    }
    far.close();
    for (auto const end = now() + 1min; !is_over(near) && now() < end;) std::this_thread::yield();
    BOOST_TEST(is_over(near));
  };
  system_table table = kernel;
  table.queued = queued_then;
  replaced_system const seam{table};
  auto const finished = blocking::finish(near, {.timeout = 30s});
  BOOST_TEST(looked);
  BOOST_TEST(no_error(finished));
  BOOST_TEST(finished.bytes == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_not_connected_is_the_kernels_error) {
  trivium::socket closed;
  BOOST_TEST(blocking::finish(closed).error.value() == EBADF);
  trivium::socket idle{::socket(AF_INET, SOCK_STREAM, 0)};
  BOOST_TEST(blocking::finish(idle).error.value() == ENOTCONN);
}

// No event tells that the queue is empty: it looks after 0.25 ms, then twice as late, at most every 20 ms.
BOOST_AUTO_TEST_CASE(it_looks_ever_later_and_waits_for_no_descriptor) {
  auto [near, far] = local_pair();
  BOOST_REQUIRE(::send(near.native_handle(), "x", 1, 0) == 1);
  finishing operation{near};
  nanoseconds const expected[] = {250us, 500us, 1ms, 2ms, 4ms, 8ms, 16ms, 20ms, 20ms};
  for (auto const pause : expected) {
    auto const before = now();
    BOOST_TEST(operation.advance() == progress::pending);
    BOOST_TEST(operation.interest().until == readiness::none);
    BOOST_TEST(operation.due() >= before + pause);
    BOOST_TEST(operation.due() <= now() + pause);
  }
  char taken;
  BOOST_REQUIRE(::recv(far.native_handle(), &taken, 1, 0) == 1);
  BOOST_TEST(operation.advance() == progress::done);
  BOOST_TEST(operation.result().calls == 0u);  // none tried to move a byte
}

BOOST_AUTO_TEST_CASE(nonblocking_finish_looks_once) {
  auto [near, far] = local_pair();
  BOOST_REQUIRE(::send(near.native_handle(), "x", 1, 0) == 1);
  BOOST_TEST(nonblocking::finish(near).error == errc::would_block);
  char byte;
  BOOST_REQUIRE(::recv(far.native_handle(), &byte, 1, 0) == 1);
  BOOST_TEST(no_error(nonblocking::finish(near)));
}
