// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What a peer's TLS says besides its bytes: new keys, behind our own end.
#include <openssl/ssl.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <elsewhere.hpp>
#include <faults.hpp>
#include <peer.hpp>
#include <string>
#include <thread>
#include <tls_pair.hpp>
#include <trivium/async.hpp>
#include <trivium/blocking.hpp>
#include <tuple>
#include <ways.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;

namespace {

using all_ways = std::tuple<blocking_way, limited_blocking_way, nonblocking_way, async_way>;

void asks_for_new_keys(tls_session& from, char with_a_byte) {
  BOOST_REQUIRE(SSL_key_update(from.native_session(), SSL_KEY_UPDATE_REQUESTED) == 1);
  BOOST_REQUIRE(!blocking::send_all(from, std::span{&with_a_byte, 1}, a_minute).error);
}

}  // namespace

// --- Behind our own end. ---------------------------------------------------------------------------------

// The peer may go on sending, and each of its records be followed by the question for new keys.
BOOST_AUTO_TEST_CASE_TEMPLATE(behind_our_end_the_peer_is_heard_whatever_keys_it_asks_for, way, all_ways) {
  auto [end, far] = tls::pair(0, {.key_update = 1});
  boost::asio::io_context io;
  auto near = tls::join(io, std::move(end));
  BOOST_TEST(!verbs<way>::finish(near, a_minute).error);
  auto const data = pattern(2 << 20);
  writing_peer peer{far, data, writing_peer::then::finish};
  std::vector<std::byte> into(data.size());
  BOOST_TEST(!verbs<way>::receive_all(near, into, a_minute).error);
  BOOST_TEST((into == data));
  BOOST_TEST((verbs<way>::receive_some(near, into, a_minute).error == errc::end_of_file));
  BOOST_TEST(!near.holds_back());
  BOOST_TEST(!verbs<way>::finish(near, a_minute).error);
}

BOOST_AUTO_TEST_CASE(behind_our_end_a_receive_waits_for_the_peer_alone) {
  shaken ends;
  BOOST_TEST(!blocking::finish(ends.client, a_minute).error);
  std::array<char, 5> into{};
  BOOST_TEST((blocking::receive_some(ends.server, into, a_minute).error == errc::end_of_file));
  for (auto const byte : {'a', 'b', 'c'}) asks_for_new_keys(ends.server, byte);

  transfer waits{ends.client, receiving(into)};
  while (waits.result().bytes != 3) BOOST_REQUIRE((waits.turn() == turned::would_block));
  BOOST_TEST((waits.turn() == turned::would_block));
  BOOST_TEST((waits.wants().until == wants::direction::readable));
  BOOST_TEST((waits.due() == time_point::max()));
  BOOST_TEST(!ends.client.holds_back());
  BOOST_TEST(ends.client.queued() == 0u);
  BOOST_TEST(!blocking::finish(ends.client, a_minute).error);

  for (auto const byte : {'d', 'e'}) asks_for_new_keys(ends.server, byte);
  BOOST_TEST((waits.turn() == turned::ended));
  BOOST_TEST(!waits.result().error);
  BOOST_TEST((std::string{into.data(), into.size()} == "abcde"));
}

// The end is held back, and said by the receives. What came behind it would lie unread before a peer that
// closes, which resets the connection.
BOOST_AUTO_TEST_CASE(behind_an_end_that_a_limit_ended_nothing_is_sent) {
  shaken ends;
  auto const data = pattern(100'000);
  transfer_result sent;
  {
    trivium::test::faults seam{takes(20'000)};
    sent = blocking::send_all(ends.client, data, {.timeout = 0s});
    BOOST_TEST((nonblocking::finish(ends.client).error == errc::would_block));
  }
  std::vector<std::byte> heard(sent.bytes);
  char byte = '?';
  BOOST_TEST((nonblocking::receive_some(ends.client, std::span{&byte, 1}).error == errc::would_block));
  BOOST_TEST(!blocking::receive_all(ends.server, heard, a_minute).error);
  BOOST_TEST((blocking::receive_some(ends.server, heard, a_minute).error == errc::end_of_file));

  for (auto const asked : {'a', 'b', 'c'}) {
    asks_for_new_keys(ends.server, asked);
    BOOST_TEST(!blocking::receive_some(ends.client, std::span{&byte, 1}, a_minute).error);
    BOOST_TEST(byte == asked);
  }
  BOOST_TEST(!ends.client.holds_back());
  BOOST_TEST(::recv(ends.server.native_handle(), &byte, 1, MSG_DONTWAIT) == -1);
  BOOST_TEST(errno == EAGAIN);

  std::string const last(1 << 20, 'z');
  std::string into(last.size(), '?');
  elsewhere peer{[&] {
    auto const rest = blocking::send_all(ends.server, last, a_minute);
    if (rest.error) return rest;
    auto const end = nonblocking::finish(ends.server);
    ends.server.close();
    return end.error == errc::would_block ? rest : end;
  }};
  BOOST_TEST(!blocking::receive_all(ends.client, into, a_minute).error);
  BOOST_TEST((into == last));
  BOOST_TEST((blocking::receive_some(ends.client, into, a_minute).error == errc::end_of_file));
  BOOST_TEST(!peer.result().error);
}

// Somebody has shut our sending by other means: no answer can be sent, ever.
BOOST_AUTO_TEST_CASE(what_the_kernel_will_never_take_is_not_waited_for) {
  shaken ends;
  BOOST_REQUIRE(::shutdown(ends.client.native_handle(), SHUT_WR) == 0);
  std::array<char, 4> into{};
  for (auto const byte : {'a', 'b', 'c'}) asks_for_new_keys(ends.server, byte);
  transfer waits{ends.client, receiving(into)};
  while (waits.result().bytes != 3) BOOST_REQUIRE((waits.turn() == turned::would_block));
  BOOST_TEST((waits.turn() == turned::would_block));
  BOOST_TEST((waits.wants().until == wants::direction::readable));
  BOOST_TEST(!blocking::send_all(ends.server, std::string_view{"d"}, a_minute).error);
  BOOST_TEST((waits.turn() == turned::ended));
  BOOST_TEST((std::string{into.data(), into.size()} == "abcd"));
  BOOST_TEST((blocking::send_all(ends.client, into, a_minute).error == boost::system::errc::broken_pipe));
  BOOST_TEST((blocking::finish(ends.client, a_minute).error == boost::system::errc::broken_pipe));
}
