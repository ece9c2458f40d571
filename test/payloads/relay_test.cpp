// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/payloads/relay.hpp>

#include <boost/test/unit_test.hpp>
#include <matrix.hpp>
#include <peer.hpp>
#include <printing.hpp>
#include <scripted_channel.hpp>
#include <trivium/payloads/borrowed.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;

namespace {

error_code kernels(int code) {
  return {code, boost::system::system_category()};
}

static_assert(source<relay_source> && !sink<relay_source> && may_wait_elsewhere<relay_source>);

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(each_way_relays_between_connections_of_its_own, Over, ways_over_tcp) {
  using way = typename Over::way;
  typename Over::pair from, to;
  auto const data = pattern(1'000'000);
  writing_peer upstream{from.far, data, writing_peer::then::finish};
  reading_peer downstream{to.far};
  auto const moved = way::relay(from.near, to.near, {});
  to.near.close();
  BOOST_TEST(no_error(moved));
  BOOST_TEST(moved.bytes == data.size());
  BOOST_TEST(same(downstream.seen(), data));
}

BOOST_AUTO_TEST_CASE(what_has_come_is_sent_before_more_is_received) {
  int receives = 0;
  scripted_channel from{[&](std::size_t, std::size_t) {
    ++receives;
    return attempt{.what = attempt::outcome::would_block, .bytes = 10, .waits_for = {3, readiness::readable}};
  }};
  scripted_channel to{[](std::size_t number, std::size_t) { return number == 1 ? would_block() : moves(4); }};
  relay_source relayed{from};
  transfer forth{to, borrow(relayed)};
  BOOST_TEST(forth.advance(4) == progress::yielded);
  BOOST_TEST(relayed.held() == 6u);
  BOOST_TEST(forth.advance() == progress::pending);
  BOOST_TEST(forth.interest().descriptor == 7);  // room at the end that is sent to
  BOOST_TEST(relayed.held() == 6u);
  BOOST_TEST(receives == 1);
}

BOOST_AUTO_TEST_CASE(without_bytes_it_waits_for_the_end_that_receives) {
  scripted_channel from{[](std::size_t, std::size_t) {
    return attempt{.what = attempt::outcome::would_block, .waits_for = {3, readiness::readable}};
  }};
  auto to = ever_ready();
  transfer forth{to, relay_source{from}};
  BOOST_TEST(forth.advance() == progress::pending);
  BOOST_TEST(forth.interest().descriptor == 3);
  BOOST_TEST(to.asked.empty());
}

// A channel of a program's own takes no pipe, at whichever end it is.
BOOST_AUTO_TEST_CASE(between_a_channel_and_a_socket_the_bytes_go_through_memory) {
  constexpr std::size_t bytes = 3'000'000;
  loopback<tcp> ends;
  auto endless = ever_ready();
  {
    reading_peer peer{ends.far};
    relay_source relayed{endless};
    transfer forth{ends.near, borrow(relayed)};
    while (forth.result().bytes < bytes) static_cast<void>(forth.advance(1 << 20));
    ends.near.close();
    BOOST_TEST(peer.seen().size() == forth.result().bytes);
  }
  loopback<tcp> back;
  writing_peer peer{back.far, pattern(bytes), writing_peer::then::finish};
  auto into = ever_ready();
  auto const moved = blocking::relay(back.near, into);
  BOOST_TEST(no_error(moved));
  BOOST_TEST(moved.bytes == bytes);
}

// Its number may be given to another connection at once, whose bytes are not the relay's.
BOOST_AUTO_TEST_CASE(a_connection_that_is_closed_is_not_taken_for_the_next_of_its_number) {
  auto [from, source] = local_pair();
  auto [to, sink] = local_pair();
  relay_source relayed{from};
  transfer forth{to, borrow(relayed)};
  BOOST_TEST(forth.advance() == progress::pending);
  from.close();
  auto const strangers = local_pair();
  BOOST_REQUIRE(::send(strangers.second.native_handle(), "secret", 6, 0) == 6);
  BOOST_TEST(forth.advance() == progress::pending);
  BOOST_REQUIRE(::send(source.native_handle(), "own", 3, 0) == 3);
  source.close();
  BOOST_TEST(forth.advance() == progress::done);
  BOOST_TEST(no_error(forth.result()));
  BOOST_TEST(forth.result().bytes == 3u);
}

BOOST_AUTO_TEST_CASE(whose_error_it_was_is_known) {
  for (bool const of_source : {true, false}) {
    auto const fails = [](std::size_t, std::size_t) {
      return attempt{.what = attempt::outcome::failed, .error = kernels(ECONNRESET)};
    };
    auto from = of_source ? scripted_channel{fails} : ever_ready();
    auto to = of_source ? ever_ready() : scripted_channel{fails};
    relay_source relayed{from};
    transfer forth{to, borrow(relayed)};
    BOOST_TEST(forth.advance() == progress::done);
    BOOST_TEST(forth.result().error == kernels(ECONNRESET));
    BOOST_TEST(relayed.error_of_source() == (of_source ? kernels(ECONNRESET) : error_code{}));
  }
}

BOOST_AUTO_TEST_CASE(the_end_of_file_ends_it_when_all_has_been_sent) {
  scripted_channel from{[](std::size_t number, std::size_t) {
    return number == 0 ? moves(5) : attempt{.what = attempt::outcome::failed, .error = errc::end_of_file};
  }};
  auto to = ever_ready();
  transfer forth{to, relay_source{from}};
  BOOST_TEST(forth.advance() == progress::done);
  BOOST_TEST(no_error(forth.result()));
  BOOST_TEST(forth.result().bytes == 5u);
}
