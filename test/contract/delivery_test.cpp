// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Every byte, in order, once; and a count that says just that.

#include <boost/asio/buffer.hpp>
#include <boost/test/unit_test.hpp>
#include <chosen.hpp>
#include <numeric>
#include <peer.hpp>
#include <printing.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;

namespace {

constexpr int small_buffers = 16 * 1024;
constexpr std::size_t many_waits = std::size_t{3} << 20;  // through buffers of that size

}  // namespace

BOOST_AUTO_TEST_SUITE(delivery)

BOOST_AUTO_TEST_CASE(send_all_delivers_every_byte_in_order) {
  pair ends{small_buffers};
  reading_peer peer{ends.far};
  auto const data = pattern(many_waits);

  auto const sent = way::send_all(ends.near, data);
  ends.near.close();

  BOOST_TEST(no_error(sent));
  BOOST_TEST(sent.bytes == data.size());
  if (!chosen_way_is<blocking_way>()) BOOST_TEST(sent.waits > 0u);
  BOOST_TEST(same(peer.seen(), data));
}

BOOST_AUTO_TEST_CASE(receive_all_takes_every_byte_and_none_past_it) {
  pair ends{small_buffers};
  auto const data = pattern(many_waits + 1);
  writing_peer peer{ends.far, data, writing_peer::then::finish};
  std::vector<std::byte> first(many_waits), rest(1);

  auto const received = way::receive_all(ends.near, first);
  BOOST_TEST(no_error(received));
  BOOST_TEST(received.bytes == many_waits);
  BOOST_TEST(std::equal(first.begin(), first.end(), data.begin()));

  BOOST_TEST(way::receive_all(ends.near, rest).bytes == 1u);
  BOOST_TEST(rest.front() == data.back());
}

BOOST_AUTO_TEST_CASE(a_source_of_a_programs_own_gives_every_byte_in_order) {
  pair ends{small_buffers};
  reading_peer peer{ends.far};
  auto const sent = way::send(ends.near, made_as_sent{many_waits});
  ends.near.close();
  BOOST_TEST(no_error(sent));
  BOOST_TEST(sent.bytes == many_waits);
  BOOST_TEST(same(peer.seen(), pattern(many_waits)));
}

BOOST_AUTO_TEST_CASE(a_sink_of_a_programs_own_takes_every_byte_and_none_past_it) {
  pair ends{small_buffers};
  writing_peer peer{ends.far, pattern(many_waits + 1)};
  std::size_t wrong = 0;
  auto const received = way::receive(ends.near, checked_as_received{many_waits, wrong});
  BOOST_TEST(no_error(received));
  BOOST_TEST(received.bytes == many_waits);
  BOOST_TEST(wrong == 0u);
  std::vector<std::byte> rest(1);
  BOOST_TEST(way::receive_all(ends.near, rest).bytes == 1u);
  BOOST_TEST(same(rest, pattern(1, many_waits)));
}

BOOST_AUTO_TEST_CASE(a_source_goes_on_at_the_count_at_which_a_limit_ended_it) {
  pair ends{small_buffers};
  auto const sent = way::send(ends.near, made_as_sent{many_waits}, {.timeout = 20ms});
  BOOST_TEST(sent.error == errc::timed_out);
  BOOST_TEST(sent.bytes < many_waits);
  reading_peer peer{ends.far};
  BOOST_TEST(no_error(way::send(ends.near, made_as_sent{many_waits - sent.bytes, sent.bytes})));
  ends.near.close();
  BOOST_TEST(same(peer.seen(), pattern(many_waits)));
}

BOOST_AUTO_TEST_CASE(a_sequence_of_thousands_of_pieces_arrives_whole) {
  pair ends{small_buffers};
  reading_peer peer{ends.far};
  auto const data = pattern(3000 * 100);
  std::vector<boost::asio::const_buffer> pieces;  // 3000: past the system's limit for one call
  for (std::size_t at = 0; at != data.size(); at += 100) pieces.emplace_back(data.data() + at, 100);

  auto const sent = way::send_all(ends.near, pieces);
  ends.near.close();

  BOOST_TEST(no_error(sent));
  BOOST_TEST(sent.bytes == data.size());
  BOOST_TEST(same(peer.seen(), data));
}

BOOST_AUTO_TEST_CASE(a_scattered_receive_fills_the_pieces_in_order) {
  pair ends{small_buffers};
  auto const data = pattern(100'000);
  writing_peer peer{ends.far, data};
  std::vector<std::byte> front(1), middle(77'777), back(22'222);
  std::array<boost::asio::mutable_buffer, 3> const into{
      boost::asio::buffer(front), boost::asio::buffer(middle), boost::asio::buffer(back)};

  auto const received = way::receive_all(ends.near, into);

  BOOST_TEST(no_error(received));
  BOOST_TEST(received.bytes == data.size());
  front.insert(front.end(), middle.begin(), middle.end());
  front.insert(front.end(), back.begin(), back.end());
  BOOST_TEST(same(front, data));
}

BOOST_AUTO_TEST_CASE(send_some_takes_at_least_one_byte) {
  pair ends{small_buffers};
  auto const data = pattern(many_waits);

  auto const sent = way::send_some(ends.near, data);
  BOOST_TEST(no_error(sent));
  BOOST_TEST(sent.bytes >= 1u);
  BOOST_TEST(sent.bytes < data.size());  // nobody reads
  BOOST_TEST(sent.waits == 0u);
}

BOOST_AUTO_TEST_CASE(receive_some_waits_for_the_first_bytes_only) {
  pair ends;
  writing_peer peer{ends.far, pattern(5)};
  std::vector<std::byte> into(100);

  std::size_t bytes = 0;
  while (bytes < 5) {
    auto const received = way::receive_some(ends.near, into);
    BOOST_REQUIRE(no_error(received));
    BOOST_REQUIRE(received.bytes >= 1u);
    bytes += received.bytes;
  }
  BOOST_TEST(bytes == 5u);
}

BOOST_AUTO_TEST_CASE(empty_buffers_succeed_with_nothing) {
  pair ends;
  std::vector<std::byte> nothing;
  for (auto const& result : {way::send_some(ends.near, nothing), way::send_all(ends.near, nothing),
                             way::receive_some(ends.near, nothing), way::receive_all(ends.near, nothing)}) {
    BOOST_TEST(no_error(result));
    BOOST_TEST(result.bytes == 0u);
    BOOST_TEST(result.calls == 0u);
  }
}

BOOST_AUTO_TEST_CASE(both_directions_at_once_do_not_mix) {
  // The two may run in different threads and ways: the other direction is blocking, in a thread of its own.
  pair ends{small_buffers};
  auto const data = pattern(many_waits / 4);
  reading_peer reader{ends.far};
  writing_peer writer{ends.far, data};

  std::vector<std::byte> into(data.size());
  transfer_result received;
  std::thread other{[&] { received = ends.near.receive_all_blocking(boost::asio::buffer(into)); }};
  auto const sent = way::send_all(ends.near, data);
  other.join();
  ends.near.close();

  BOOST_TEST(no_error(sent));
  BOOST_TEST(no_error(received));
  BOOST_TEST(same(into, data));
  BOOST_TEST(same(reader.seen(), data));
}

BOOST_AUTO_TEST_CASE(finish_succeeds_when_the_peer_has_taken_all) {
  for (auto const& within : {limits{}, limits{.timeout = 30s}}) {
    pair ends{small_buffers};
    auto const data = pattern(many_waits / 4);
    reading_peer peer{ends.far};
    BOOST_TEST(no_error(way::send_all(ends.near, data)));

    auto const finished = way::finish(ends.near, within);

    BOOST_TEST(no_error(finished));
    BOOST_TEST(finished.bytes == 0u);
    BOOST_TEST(same(peer.seen(), data));  // ends, although the connection is still open for receiving
  }
}

BOOST_AUTO_TEST_SUITE_END()
