// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/operations/transfer.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/test/unit_test.hpp>
#include <faults.hpp>
#include <matrix.hpp>
#include <peer.hpp>
#include <printing.hpp>
#include <scripted_channel.hpp>
#include <string>

using namespace trivium;
using namespace trivium::test;

namespace {

void for_each_way(auto test) {
  test(blocking_over_tcp{});
  test(nonblocking_over_tcp{});
  test(async_over_tcp{});
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_loop_of_ones_own_turns_it_to_its_end) {
  auto [near, far] = local_pair(16 * 1024);
  auto const data = pattern(1 << 20);
  reading_peer peer{far};
  transfer upload{near, sending(data)};
  unsigned other_work = 0;
  while (upload.advance() == progress::pending) {
    pollfd watch{upload.interest().descriptor, POLLOUT, 0};
    BOOST_TEST(upload.interest().until == readiness::writable);
    BOOST_REQUIRE(::poll(&watch, 1, -1) == 1);
    ++other_work;
  }
  near.close();
  BOOST_TEST(no_error(upload.result()));
  BOOST_TEST(upload.result().bytes == data.size());
  BOOST_TEST(other_work > 0u);
  BOOST_TEST(same(peer.seen(), data));
}

BOOST_AUTO_TEST_CASE(one_that_ended_short_is_followed_by_one_that_begins_at_its_count) {
  auto [near, far] = local_pair(16 * 1024);
  auto const data = pattern(1 << 18);
  transfer first{near, sending(data), {.timeout = nanoseconds{0}}};
  BOOST_TEST(first.advance() == progress::done);
  BOOST_TEST(first.result().error == errc::would_block);
  reading_peer peer{far};
  auto const rest = std::span{data}.subspan(first.result().bytes);
  BOOST_TEST(no_error(blocking::send_all(near, rest)));
  near.close();
  BOOST_TEST(same(peer.seen(), data));
}

BOOST_AUTO_TEST_CASE(some_ends_with_the_first_bytes_and_all_with_the_last) {
  std::string text(100, 'x');
  for (bool const all : {false, true}) {
    scripted_channel one_each{[](std::size_t, std::size_t) { return moves(1); }};
    transfer operation{one_each, all ? sending(text) : sending_some(text)};
    BOOST_TEST(operation.how_much() == (all ? amount::all : amount::some));
    BOOST_TEST(operation.advance() == progress::done);
    BOOST_TEST(operation.result().bytes == (all ? 100u : 1u));
  }
}

// Moved before it begins, as a way does that keeps it elsewhere.
BOOST_AUTO_TEST_CASE(it_can_be_moved_between_turns) {
  std::string text(100, 'x');
  auto ready = ever_ready();
  transfer first{ready, sending(text)};
  BOOST_TEST(first.advance(60) == progress::yielded);
  transfer second{std::move(first)};
  BOOST_TEST(second.advance() == progress::done);
  BOOST_TEST(second.result().bytes == 100u);
}

BOOST_AUTO_TEST_CASE(receiving_never_looks_past_its_memory) {
  auto [near, far] = local_pair();
  BOOST_REQUIRE(::send(far.native_handle(), "abcdef", 6, 0) == 6);
  std::string into(4, '?'), rest(10, '?');
  BOOST_TEST(blocking::receive_all(near, into).bytes == 4u);
  BOOST_TEST(into == "abcd");
  BOOST_TEST(blocking::receive_some(near, rest).bytes == 2u);
}

BOOST_AUTO_TEST_CASE(empty_buffer_makes_no_system_call) {
  for_each_way([]<class Over>(Over) {
    typename Over::pair ends;
    std::string nothing;
    std::array<boost::asio::mutable_buffer, 3> const nothings{};
    faults seam;
    for (auto const& result :
         {Over::send_some(ends.near, nothing), Over::send_all(ends.near, nothing),
          Over::send_all(ends.near, nothings), Over::receive_some(ends.near, nothing),
          Over::receive_all(ends.near, nothing), Over::receive_all(ends.near, nothings)}) {
      BOOST_TEST(no_error(result));
      BOOST_TEST(result.bytes == 0u);
      BOOST_TEST(result.calls == 0u);
    }
    BOOST_TEST(seam.all == 0u);
  });
}

// Asio's second read after an end of file that its reactor has seen never completes; ours does, each time.
BOOST_AUTO_TEST_CASE(receive_after_end_of_file_ends_again) {
  for_each_way([]<class Over>(Over) {
    typename Over::pair ends;
    ends.far.close();
    std::array<std::byte, 10> into{};
    for (int i = 0; i != 3; ++i) {
      for (auto const& result : {Over::receive_some(ends.near, into), Over::receive_all(ends.near, into)}) {
        BOOST_TEST(result.error == errc::end_of_file);
        BOOST_TEST(result.bytes == 0u);
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(an_end_of_file_in_the_middle_keeps_what_came_before) {
  for_each_way([]<class Over>(Over) {
    typename Over::pair ends;
    { writing_peer peer{ends.far, pattern(6), writing_peer::then::finish}; }
    std::vector<std::byte> into(10);
    auto const received = Over::receive_all(ends.near, into);
    BOOST_TEST(received.error == errc::end_of_file);
    BOOST_TEST(received.bytes == 6u);
    BOOST_TEST(std::equal(into.begin(), into.begin() + 6, pattern(6).begin()));
    BOOST_TEST(Over::receive_all(ends.near, into).error == errc::end_of_file);
  });
}

BOOST_AUTO_TEST_CASE(a_closed_connection_is_the_kernels_ebadf) {
  for_each_way([]<class Over>(Over) {
    typename Over::pair ends;
    ends.near.close();
    std::array<std::byte, 1> byte{};
    error_code const bad{EBADF, boost::system::system_category()};
    BOOST_TEST(Over::send_all(ends.near, byte).error == bad);
    BOOST_TEST(Over::receive_some(ends.near, byte).error == bad);
  });
}
