// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What the peer can do to us: end, reset, be closed already.

#include <boost/test/unit_test.hpp>
#include <chosen.hpp>
#include <peer.hpp>
#include <printing.hpp>
#include <transports.hpp>

using namespace trivium;
using namespace trivium::test;

namespace {

bool over_tcp() {
  return chosen().transport.ends_with("tcp") || chosen().transport == "asio_generic";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(peer)

BOOST_AUTO_TEST_CASE(an_end_of_file_keeps_what_came_before_it) {
  pair ends;
  auto const data = pattern(1234);
  { writing_peer writer{ends.far, data, writing_peer::then::finish}; }
  std::vector<std::byte> into(5000);

  auto const received = way::receive_all(ends.near, into);
  BOOST_TEST(received.error == errc::end_of_file);
  BOOST_TEST(received.bytes == data.size());
  BOOST_TEST(std::equal(data.begin(), data.end(), into.begin()));
  BOOST_TEST(!received.connection_usable());
}

BOOST_AUTO_TEST_CASE(receiving_after_the_end_ends_again_each_time) {
  pair ends;
  ::shutdown(ends.far.native_handle(), SHUT_WR);
  std::vector<std::byte> into(10);
  for (int i = 0; i != 3; ++i) {
    auto const received = way::receive_some(ends.near, into);
    BOOST_TEST(received.error == errc::end_of_file);
    BOOST_TEST(received.bytes == 0u);
  }
}

BOOST_AUTO_TEST_CASE(sending_goes_on_after_the_peer_has_finished) {
  pair ends;
  ::shutdown(ends.far.native_handle(), SHUT_WR);
  auto const data = pattern(1000);
  BOOST_TEST(no_error(way::send_all(ends.near, data)));
}

BOOST_AUTO_TEST_CASE(bytes_before_a_reset_count) {
  pair ends{16 * 1024};
  auto const data = pattern(std::size_t{8} << 20);
  // The peer takes a few bytes, then closes with the rest unread: that resets.
  ssize_t taken = 0;
  std::thread resets{[&] {
    std::vector<std::byte> part(1000);
    taken = ::recv(ends.far.native_handle(), part.data(), part.size(), 0);
    if (over_tcp()) reset_on_close(ends.far);
    ends.far.close();
  }};
  auto const sent = way::send_all(ends.near, data);
  resets.join();
  BOOST_TEST(taken > 0);
  BOOST_TEST(
      (sent.error == boost::system::errc::connection_reset || sent.error == boost::system::errc::broken_pipe),
      sent.error);
  BOOST_TEST(sent.bytes >= 1000u);
  BOOST_TEST(sent.bytes < data.size());
  BOOST_TEST(!sent.connection_usable());
}

BOOST_AUTO_TEST_CASE(a_broken_connection_raises_no_signal) {
  // SIGPIPE's default would end this process.
  pair ends;
  ends.far.close();
  auto const data = pattern(1000);
  transfer_result sent;
  for (auto const end = now() + std::chrono::minutes{1}; !sent.error && now() < end;)
    sent = way::send_all(ends.near, data);
  BOOST_TEST(
      (sent.error == boost::system::errc::broken_pipe || sent.error == boost::system::errc::connection_reset),
      sent.error);
}

BOOST_AUTO_TEST_CASE(a_closed_connection_is_an_error_and_not_a_crash) {
  pair ends;
  ends.near.close();
  auto const data = pattern(10);
  std::vector<std::byte> into(10);
  for (auto const& result :
       {way::send_all(ends.near, data), way::receive_some(ends.near, into), way::finish(ends.near)}) {
    BOOST_TEST(result.error == boost::system::errc::bad_file_descriptor);
    BOOST_TEST(result.bytes == 0u);
    BOOST_TEST(!result.connection_usable());
  }
}

BOOST_AUTO_TEST_CASE(finishing_a_reset_connection_is_an_error) {
  pair ends{16 * 1024};
  auto const data = pattern(std::size_t{1} << 20);
  auto const sent = way::send_all(ends.near, data, {.timeout = std::chrono::seconds{0}});
  BOOST_TEST(sent.bytes > 0u);
  if (over_tcp()) reset_on_close(ends.far);
  ends.far.close();
  auto const finished = way::finish(ends.near);
  BOOST_TEST(!!finished.error);
  BOOST_TEST(!finished.connection_usable());
}

BOOST_AUTO_TEST_CASE(a_finish_that_is_taken_up_again_succeeds_when_the_peer_has_taken_all) {
  // The peer reads all and closes in between: on TCP the kernel has then forgotten the connection.
  pair ends{16 * 1024};
  auto const data = pattern(std::size_t{1} << 20);
  auto const sent = way::send_all(ends.near, data, {.timeout = std::chrono::seconds{0}});
  BOOST_TEST(way::finish(ends.near, {.timeout = std::chrono::seconds{0}}).error == errc::would_block);
  {
    reading_peer peer{ends.far};
    // What a channel holds back, only its owner sends: until that is gone, so is not our end.
    if (chosen().channel) BOOST_TEST(no_error(way::finish(ends.near)));
    BOOST_TEST(peer.seen().size() == sent.bytes);
  }
  ends.far.close();
  auto const finished = way::finish(ends.near);
  BOOST_TEST(no_error(finished));
  BOOST_TEST(finished.bytes == 0u);
}

BOOST_AUTO_TEST_CASE(finishing_leaves_a_reset_for_the_receiver_to_tell) {
  // A receive that is told of a clean end instead would take what it has for all.
  if (over_tcp()) {
    pair ends{16 * 1024};
    auto const data = pattern(std::size_t{1} << 20);
    auto const sent = way::send_all(ends.near, data, {.timeout = std::chrono::seconds{0}});
    BOOST_TEST(sent.bytes > 0u);
    reset_on_close(ends.far);
    ends.far.close();
    BOOST_TEST(way::finish(ends.near).error == boost::system::errc::connection_reset);
    std::vector<std::byte> into(10);
    BOOST_TEST(way::receive_some(ends.near, into).error == boost::system::errc::connection_reset);
  }
}

BOOST_AUTO_TEST_SUITE_END()
