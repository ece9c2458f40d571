// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What a peer's TLS says besides its bytes, new keys above all: behind our own end, and in floods. And bytes
// that come one a record, which is as much work.
#include <openssl/ssl.h>

#include <array>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>
#include <elsewhere.hpp>
#include <faults.hpp>
#include <functional>
#include <peer.hpp>
#include <printing.hpp>
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

// What OpenSSL makes for the peer meanwhile, which is not sent.
template <class Make>
std::string made_by(tls_session& from, Make make) {
  auto* const session = from.native_session();
  auto* const ours = SSL_get_wbio(session);
  BIO_up_ref(ours);
  auto* const kept = BIO_new(BIO_s_mem());
  SSL_set0_wbio(session, kept);
  make(session);
  char* data = nullptr;
  auto const size = BIO_get_mem_data(kept, &data);
  std::string const made{data, static_cast<std::size_t>(size)};
  SSL_set0_wbio(session, ours);
  return made;
}

std::string new_keys(tls_session& from, int count) {
  return made_by(from, [&](SSL* session) {
    for (int i = 0; i != count; ++i) {
      BOOST_REQUIRE(SSL_key_update(session, SSL_KEY_UPDATE_NOT_REQUESTED) == 1);
      BOOST_REQUIRE(SSL_do_handshake(session) == 1);
    }
  });
}

std::string one_a_record(tls_session& from, std::string_view bytes) {
  return made_by(from, [&](SSL* session) {
    for (auto const& byte : bytes) BOOST_REQUIRE(SSL_write(session, &byte, 1) == 1);
  });
}

// All at once: the buffers are large enough for it.
void put(tls_session& from, std::string const& bytes) {
  BOOST_REQUIRE(::send(from.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) ==
                static_cast<ssize_t>(bytes.size()));
}

void asks_for_new_keys(tls_session& from, char with_a_byte) {
  BOOST_REQUIRE(SSL_key_update(from.native_session(), SSL_KEY_UPDATE_REQUESTED) == 1);
  BOOST_REQUIRE(no_error(blocking::send_all(from, std::span{&with_a_byte, 1}, a_minute)));
}

constexpr int room = 1 << 20;
constexpr int flood = 3000;

}  // namespace

// --- Behind our own end. ---------------------------------------------------------------------------------

// The peer may go on sending, and each of its records be followed by the question for new keys.
BOOST_AUTO_TEST_CASE_TEMPLATE(behind_our_end_the_peer_is_heard_whatever_keys_it_asks_for, way, all_ways) {
  auto [end, far] = tls::pair(0, {.key_update = 1});
  boost::asio::io_context io;
  auto near = tls::join(io, std::move(end));
  BOOST_TEST(no_error(verbs<way>::finish(near, a_minute)));
  auto const data = pattern(2 << 20);
  writing_peer peer{far, data, writing_peer::then::finish};
  std::vector<std::byte> into(data.size());
  BOOST_TEST(no_error(verbs<way>::receive_all(near, into, a_minute)));
  BOOST_TEST(same(into, data));
  BOOST_TEST(verbs<way>::receive_some(near, into, a_minute).error == errc::end_of_file);
  BOOST_TEST(!near.has_pending_output());
  BOOST_TEST(no_error(verbs<way>::finish(near, a_minute)));
}

BOOST_AUTO_TEST_CASE(behind_our_end_a_receive_waits_for_the_peer_alone) {
  shaken ends;
  BOOST_TEST(no_error(blocking::finish(ends.client, a_minute)));
  std::array<char, 5> into{};
  BOOST_TEST(blocking::receive_some(ends.server, into, a_minute).error == errc::end_of_file);
  for (auto const byte : {'a', 'b', 'c'}) asks_for_new_keys(ends.server, byte);

  transfer waits{ends.client, receiving(into)};
  while (waits.result().bytes != 3) BOOST_TEST_REQUIRE(waits.advance() == progress::pending);
  BOOST_TEST(waits.advance() == progress::pending);
  BOOST_TEST(waits.interest().until == readiness::readable);
  BOOST_TEST(waits.due() == time_point::max());
  BOOST_TEST(!ends.client.has_pending_output());
  BOOST_TEST(ends.client.queued() == 0u);
  BOOST_TEST(no_error(blocking::finish(ends.client, a_minute)));

  for (auto const byte : {'d', 'e'}) asks_for_new_keys(ends.server, byte);
  BOOST_TEST(waits.advance() == progress::done);
  BOOST_TEST(no_error(waits.result()));
  BOOST_TEST((std::string{into.data(), into.size()}) == "abcde");
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
    BOOST_TEST(nonblocking::finish(ends.client).error == errc::would_block);
  }
  std::vector<std::byte> heard(sent.bytes);
  char byte = '?';
  BOOST_TEST(nonblocking::receive_some(ends.client, std::span{&byte, 1}).error == errc::would_block);
  BOOST_TEST(no_error(blocking::receive_all(ends.server, heard, a_minute)));
  BOOST_TEST(blocking::receive_some(ends.server, heard, a_minute).error == errc::end_of_file);

  for (auto const asked : {'a', 'b', 'c'}) {
    asks_for_new_keys(ends.server, asked);
    BOOST_TEST(no_error(blocking::receive_some(ends.client, std::span{&byte, 1}, a_minute)));
    BOOST_TEST(byte == asked);
  }
  BOOST_TEST(!ends.client.has_pending_output());
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
  BOOST_TEST(no_error(blocking::receive_all(ends.client, into, a_minute)));
  BOOST_TEST(same(into, last));
  BOOST_TEST(blocking::receive_some(ends.client, into, a_minute).error == errc::end_of_file);
  BOOST_TEST(no_error(peer.result()));
}

// Somebody has shut our sending by other means: no answer can be sent, ever.
BOOST_AUTO_TEST_CASE(what_the_kernel_will_never_take_is_not_waited_for) {
  shaken ends;
  BOOST_REQUIRE(::shutdown(ends.client.native_handle(), SHUT_WR) == 0);
  std::array<char, 4> into{};
  for (auto const byte : {'a', 'b', 'c'}) asks_for_new_keys(ends.server, byte);
  transfer waits{ends.client, receiving(into)};
  while (waits.result().bytes != 3) BOOST_TEST_REQUIRE(waits.advance() == progress::pending);
  BOOST_TEST(waits.advance() == progress::pending);
  BOOST_TEST(waits.interest().until == readiness::readable);
  BOOST_TEST(no_error(blocking::send_all(ends.server, std::string_view{"d"}, a_minute)));
  BOOST_TEST(waits.advance() == progress::done);
  BOOST_TEST((std::string{into.data(), into.size()}) == "abcd");
  BOOST_TEST(blocking::send_all(ends.client, into, a_minute).error == boost::system::errc::broken_pipe);
  BOOST_TEST(blocking::finish(ends.client, a_minute).error == boost::system::errc::broken_pipe);
}

// --- Floods. ---------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_flood_of_new_keys_uses_up_the_budget_of_a_turn) {
  shaken ends{room};
  put(ends.server, new_keys(ends.server, flood));
  BOOST_TEST(no_error(blocking::send_all(ends.server, std::string_view{"x"}, a_minute)));
  std::array<char, 1> into{};
  transfer receives{ends.client, receiving(into)};
  int turns = 1;
  for (; receives.advance(async::budget) != progress::done; ++turns) BOOST_REQUIRE(turns <= flood);
  BOOST_TEST(no_error(receives.result()));
  BOOST_TEST(into[0] == 'x');
  BOOST_TEST(turns > 20);
}

BOOST_AUTO_TEST_CASE(a_flood_of_small_records_uses_up_the_budget_of_a_turn) {
  shaken ends{room};
  std::string const text(8000, 'y');
  std::string into(text.size(), '?');
  put(ends.server, one_a_record(ends.server, text));
  transfer receives{ends.client, receiving(into)};
  int turns = 1;
  for (; receives.advance(async::budget) != progress::done; ++turns) BOOST_REQUIRE(turns <= 8000);
  BOOST_TEST(no_error(receives.result()));
  BOOST_TEST(into == text);
  BOOST_TEST(turns > 50);
}

// What else the loop has to do meanwhile, it does.
BOOST_AUTO_TEST_CASE(a_flood_of_new_keys_does_not_hold_the_loop) {
  shaken ends{room};
  put(ends.server, new_keys(ends.server, flood));
  BOOST_TEST(no_error(blocking::send_all(ends.server, std::string_view{"x"}, a_minute)));
  boost::asio::io_context io;
  tls_stream client{std::move(ends.client), io.get_executor()};
  std::array<char, 1> into{};
  bool done = false;
  int others = 0;
  async::receive_all(client, into, a_minute, [&](transfer_result const& received) {
    done = true;
    BOOST_TEST(no_error(received));
    BOOST_TEST(into[0] == 'x');
  });
  std::function<void()> const other = [&] {
    if (done) return;
    ++others;
    boost::asio::post(io, other);
  };
  boost::asio::post(io, other);
  io.run_for(1min);
  BOOST_TEST(done);
  BOOST_TEST(others > 20);
}

BOOST_AUTO_TEST_CASE(one_attempt_does_not_read_a_flood_to_its_end) {
  shaken ends{room};
  auto const bytes = new_keys(ends.server, flood);
  put(ends.server, bytes);
  std::array<char, 1> into{};
  auto const received = nonblocking::receive_some(ends.client, into);
  BOOST_TEST(received.error == errc::would_block);
  BOOST_TEST(received.calls == 1u);
  BOOST_TEST(no_error(blocking::send_all(ends.server, std::string_view{"x"}, a_minute)));
  BOOST_TEST(no_error(blocking::receive_all(ends.client, into, a_minute)));
  BOOST_TEST(into[0] == 'x');
}

// The clock goes on by 30 s with each receive, so that the limits are over long before the flood.
BOOST_AUTO_TEST_CASE(limits_end_a_receive_that_a_flood_keeps_busy_and_it_goes_on) {
  for (auto const& [within, why] : {std::pair{limits{.stall_timeout = 1min}, errc::stalled},
                                    std::pair{limits{.timeout = 1min}, errc::timed_out},
                                    std::pair{limits{.min_rate = {1, 1min}}, errc::too_slow}}) {
    shaken ends{room};
    put(ends.server, new_keys(ends.server, flood));
    BOOST_TEST(no_error(blocking::send_all(ends.server, std::string_view{"x"}, a_minute)));
    std::array<char, 1> into{};
    {
      trivium::test::faults seam{[](moving_call const&) {
        trivium::test::faults::clock_jump_ns += std::chrono::nanoseconds{30s}.count();
        return fault{};
      }};
      auto const received = blocking::receive_all(ends.client, into, within);
      BOOST_TEST(received.error == why);
      BOOST_TEST(received.connection_usable());
      BOOST_TEST(received.bytes == 0u);
    }
    BOOST_TEST(no_error(blocking::receive_all(ends.client, into, a_minute)));
    BOOST_TEST(into[0] == 'x');
  }
}

// What the peer's TLS has said on its own is taken out of the kernel's queue, or the close would be a reset.
BOOST_AUTO_TEST_CASE(closing_behind_many_messages_of_the_peers_costs_no_byte) {
  shaken ends;
  auto const data = pattern(1 << 20);
  put(ends.server, new_keys(ends.server, 100));
  elsewhere sender{[&] {
    auto const sent = blocking::send_all(ends.client, data, a_minute);
    auto const ended = nonblocking::finish(ends.client);
    ends.client.close();
    return sent.error || ended.error == errc::would_block ? sent : ended;
  }};
  std::vector<std::byte> into(data.size());
  BOOST_TEST(no_error(blocking::receive_all(ends.server, into, a_minute)));
  BOOST_TEST(same(into, data));
  BOOST_TEST(blocking::receive_some(ends.server, into, a_minute).error == errc::end_of_file);
  BOOST_TEST(no_error(sender.result()));
}
