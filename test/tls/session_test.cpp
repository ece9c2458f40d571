// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/tls/session.hpp>

#include <openssl/ssl.h>

#include <boost/test/unit_test.hpp>
#include <elsewhere.hpp>
#include <faults.hpp>
#include <peer.hpp>
#include <printing.hpp>
#include <string>
#include <thread>
#include <tls_pair.hpp>
#include <trivium/blocking.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;

static_assert(connection<tls_session>);
static_assert(has_descriptor<tls_session>);
static_assert(!std::is_copy_constructible_v<tls_session>);
static_assert(std::is_nothrow_move_constructible_v<tls_session>);

// --- Shaking hands. --------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(two_that_trust_agree_on_tls_1_3) {
  shaken ends;
  for (auto* const end : {&ends.client, &ends.server}) {
    BOOST_TEST(end->version() == "TLSv1.3");
    BOOST_TEST(end->cipher().starts_with("TLS_"));
    BOOST_TEST(end->protocol().empty());
  }
}

BOOST_AUTO_TEST_CASE(nothing_is_agreed_on_before_the_handshake) {
  tls_pair ends;
  BOOST_TEST(ends.client.version().empty());
  BOOST_TEST(ends.client.cipher().empty());
  BOOST_TEST(nonblocking::handshake(ends.client).error == errc::would_block);
  BOOST_TEST(ends.client.version().empty());
}

BOOST_AUTO_TEST_CASE(the_first_send_and_receive_shake_hands_if_nobody_did) {
  tls_pair ends;
  std::string const question = "who are you?";
  std::string heard(question.size(), '?');
  elsewhere server{[&] { return blocking::receive_all(ends.server, heard, a_minute); }};
  BOOST_TEST(no_error(blocking::send_all(ends.client, question, a_minute)));
  BOOST_TEST(no_error(server.result()));
  BOOST_TEST(heard == question);
}

// Either may read what the other sleeps for.
BOOST_AUTO_TEST_CASE(a_send_and_a_receive_may_be_the_first_to_shake_hands_at_once) {
  for (int round = 0; round != 20; ++round) {
    tls_pair ends;
    std::string const question = "who are you?", answer = "who asks?";
    std::string heard(question.size(), '?'), told(answer.size(), '?');
    elsewhere server{[&] {
      auto received = blocking::receive_all(ends.server, heard, a_minute);
      return received.error ? received : blocking::send_all(ends.server, answer, a_minute);
    }};
    elsewhere receives{[&] { return blocking::receive_all(ends.client, told, a_minute); }};
    auto const sent = blocking::send_all(ends.client, question, a_minute);
    BOOST_TEST(no_error(sent));
    BOOST_TEST(sent.waited < 30s);  // not until its limit made it look
    BOOST_TEST(no_error(receives.result()));
    BOOST_TEST(told == answer);
    BOOST_TEST(no_error(server.result()));
  }
}

BOOST_AUTO_TEST_CASE(the_server_learns_the_name_that_was_asked_for) {
  shaken ends;
  BOOST_TEST(SSL_get_servername(ends.server.native_session(), TLSEXT_NAMETYPE_host_name) ==
             std::string{"localhost"});
}

BOOST_AUTO_TEST_CASE(the_protocol_is_the_servers_dearest_of_those_both_speak) {
  auto const& here = certificates::here();
  auto const offering = tls_client_context::make({.ca_file = here.ca_file, .alpn = "a,b,c"}).value();
  for (auto const* const spoken : {"c,b", "c"}) {
    tls_pair ends{offering, "localhost", server_of(here.good, {.alpn = spoken})};
    ends.shake();
    BOOST_TEST(ends.client.protocol() == "c");
    BOOST_TEST(ends.server.protocol() == "c");
  }
  tls_pair ends{offering, "localhost", server_of(here.good, {.alpn = "d"})};
  ends.shake();
  BOOST_TEST(says(ends.of_client, "no application protocol"), ends.of_client.error.message());
  tls_pair silent{trusting(), "localhost", server_of(here.good, {.alpn = "d"})};
  silent.shake();
  BOOST_TEST(no_error(silent.of_client));
  BOOST_TEST(silent.client.protocol().empty());
}

BOOST_AUTO_TEST_CASE(a_peer_that_does_not_speak_tls_is_told_apart) {
  auto [near, far] = tcp_pair();
  tls_session client{std::move(near), trusting(), "localhost"};
  BOOST_REQUIRE(::send(far.native_handle(), "HTTP/1.1 400 Bad Request\r\n", 26, 0) == 26);
  auto const shaken = blocking::handshake(client, a_minute);
  BOOST_TEST(shaken.error.category() == tls_category());
  BOOST_TEST(says(shaken, "does the peer speak TLS"), shaken.error.message());
}

BOOST_AUTO_TEST_CASE(one_that_was_moved_from_has_agreed_on_nothing) {
  tls_pair ends;
  ends.shake();
  tls_session const elsewhere{std::move(ends.client)};
  BOOST_TEST(!elsewhere.version().empty());
  BOOST_TEST(!ends.client.is_open());
  BOOST_TEST(ends.client.version().empty());
  BOOST_TEST(ends.client.cipher().empty());
  BOOST_TEST(ends.client.protocol().empty());
}

BOOST_AUTO_TEST_CASE(a_handshake_that_a_limit_ended_goes_on) {
  tls_pair ends;
  auto const waited = blocking::handshake(ends.client, {.timeout = 5ms});
  BOOST_TEST(waited.error == errc::timed_out);
  BOOST_TEST(waited.connection_usable());
  ends.shake();
  BOOST_TEST(no_error(ends.of_client));
  BOOST_TEST(no_error(ends.of_server));
}

BOOST_AUTO_TEST_CASE(a_peer_that_goes_away_ends_the_handshake) {
  auto [near, far] = tcp_pair();
  tls_session client{std::move(near), trusting(), "localhost"};
  far.close();
  auto const shaken = blocking::handshake(client, a_minute);
  BOOST_TEST((shaken.error == errc::truncated || shaken.error == boost::system::errc::connection_reset),
             shaken.error);
}

BOOST_AUTO_TEST_CASE(a_peer_that_says_goodbye_in_the_handshake_has_ended_it) {
  auto [near, far] = tcp_pair();
  tls_session client{std::move(near), trusting(), "localhost"};
  BOOST_REQUIRE(::send(far.native_handle(), "\x15\x03\x03\x00\x02\x01\x00", 7, 0) == 7);  // close_notify
  auto const shaken = blocking::handshake(client, a_minute);
  BOOST_TEST(shaken.error == errc::end_of_file);
  BOOST_TEST(!shaken.connection_usable());
}

// --- New keys, tickets, older versions. ------------------------------------------------------------------

namespace {

// There and back through a peer that is not trivium's.
void is_echoed(tls_bridge::options how, char const* version) {
  auto [end, far] = tls::pair(16 * 1024, how);
  boost::asio::io_context io;
  auto near = tls::join(io, std::move(end));
  BOOST_TEST(near.version() == version);
  auto const data = pattern(2 << 20);
  std::thread echo{[fd = far.native_handle()] {
    std::vector<char> part(10'000);
    for (;;) {
      auto const n = ::recv(fd, part.data(), part.size(), 0);
      if (n <= 0) break;
      if (::send(fd, part.data(), static_cast<std::size_t>(n), MSG_NOSIGNAL) != n) break;
    }
    ::shutdown(fd, SHUT_WR);
  }};
  std::vector<std::byte> into(data.size());
  elsewhere sender{[&] {
    auto const sent = blocking::send_all(near, data, a_minute);
    return sent.error ? sent : blocking::finish(near, a_minute);
  }};
  BOOST_TEST(no_error(blocking::receive_all(near, into, a_minute)));
  BOOST_TEST(no_error(sender.result()));
  BOOST_TEST(same(into, data));
  std::array<std::byte, 1> byte;
  BOOST_TEST(blocking::receive_some(near, byte, a_minute).error == errc::end_of_file);
  echo.join();
}

}  // namespace

// To go on reading it has to write: the peer wants an answer with new keys in both directions.
BOOST_AUTO_TEST_CASE(keys_may_be_changed_under_way) {
  is_echoed({.key_update = 5}, "TLSv1.3");
}
BOOST_AUTO_TEST_CASE(tickets_are_taken_as_they_come) {
  is_echoed({.tickets = 5}, "TLSv1.3");
}
BOOST_AUTO_TEST_CASE(tls_1_2_will_do) {
  is_echoed({.newest_version = TLS1_2_VERSION}, "TLSv1.2");
}

BOOST_AUTO_TEST_CASE(tls_1_1_will_not_do) {
  auto const old = tls_client_context::make({.ca_file = certificates::here().ca_file}).value();
  SSL_CTX_set_min_proto_version(old.native_handle(), TLS1_1_VERSION);
  SSL_CTX_set_max_proto_version(old.native_handle(), TLS1_1_VERSION);
  SSL_CTX_set_cipher_list(old.native_handle(), "ALL:@SECLEVEL=0");
  tls_pair ends{old};
  ends.shake();
  BOOST_TEST(says(ends.of_server, "must speak TLS 1.2 or newer"), ends.of_server.error.message());
  BOOST_TEST(says(ends.of_client, "must speak TLS 1.2 or newer"), ends.of_client.error.message());
}

// Tickets that nobody has read would make the close a reset, which throws away what the kernel has not sent.
BOOST_AUTO_TEST_CASE(closing_with_unread_tickets_costs_no_byte) {
  auto [end, far] = tls::pair(0, {.tickets = 5});
  boost::asio::io_context io;
  auto near = tls::join(io, std::move(end));
  reading_peer peer{far};
  auto const data = pattern(1 << 20);
  BOOST_TEST(no_error(blocking::send_all(near, data, a_minute)));
  BOOST_TEST(no_error(blocking::finish(near, a_minute)));
  near.close();
  BOOST_TEST(same(peer.seen(), data));
  BOOST_TEST(peer.error == 0);
}

// --- The end. --------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_clean_end_is_end_of_file_each_time) {
  shaken ends;
  std::string const last = "bye";
  std::string heard(10, '?');
  BOOST_TEST(no_error(blocking::send_all(ends.client, last, a_minute)));
  BOOST_TEST(no_error(blocking::finish(ends.client, a_minute)));
  ends.client.close();
  auto const received = blocking::receive_all(ends.server, heard, a_minute);
  BOOST_TEST(received.error == errc::end_of_file);
  BOOST_TEST(received.bytes == last.size());
  for (int i = 0; i != 3; ++i)
    BOOST_TEST(blocking::receive_some(ends.server, heard, a_minute).error == errc::end_of_file);
}

BOOST_AUTO_TEST_CASE(an_end_that_the_peer_did_not_say_is_truncation_each_time) {
  shaken ends;
  std::string const last = "by";
  std::string heard(10, '?');
  BOOST_TEST(no_error(blocking::send_all(ends.client, last, a_minute)));
  ends.client.close();  // without a finish
  auto const received = blocking::receive_all(ends.server, heard, a_minute);
  BOOST_TEST(received.error == errc::truncated);
  BOOST_TEST(received.bytes == last.size());
  BOOST_TEST(!received.connection_usable());
  for (int i = 0; i != 3; ++i)
    BOOST_TEST(blocking::receive_some(ends.server, heard, a_minute).error == errc::truncated);
}

BOOST_AUTO_TEST_CASE(an_end_in_the_middle_of_a_record_is_truncation) {
  shaken ends;
  std::string const text(1000, 'x');
  std::string heard(1000, '?');
  {
    trivium::test::faults seam{takes(500)};
    BOOST_TEST(blocking::send_all(ends.client, text, {.timeout = 0s}).bytes == text.size());
    BOOST_TEST(::shutdown(ends.client.native_handle(), SHUT_WR) == 0);
  }
  auto const received = blocking::receive_all(ends.server, heard, a_minute);
  BOOST_TEST(received.error == errc::truncated);
  BOOST_TEST(received.bytes == 0u);
}

BOOST_AUTO_TEST_CASE(receiving_goes_on_after_our_end_and_sending_after_the_peers) {
  shaken ends;
  std::string const text = "still here";
  std::string heard(text.size(), '?');
  BOOST_TEST(no_error(blocking::finish(ends.client, a_minute)));
  BOOST_TEST(blocking::receive_some(ends.server, heard, a_minute).error == errc::end_of_file);
  BOOST_TEST(no_error(blocking::send_all(ends.server, text, a_minute)));
  BOOST_TEST(no_error(blocking::receive_all(ends.client, heard, a_minute)));
  BOOST_TEST(heard == text);
}

// The peer's end may come in one piece with what it sent before: a receive gives the bytes first.
BOOST_AUTO_TEST_CASE(an_end_that_no_receive_has_told_yet_stops_no_send_and_no_finish) {
  shaken ends;
  std::string const text = "question";
  std::string heard(text.size() + 1, '?');
  BOOST_TEST(no_error(blocking::send_all(ends.client, text, a_minute)));
  BOOST_TEST(no_error(blocking::finish(ends.client, a_minute)));
  auto const received = blocking::receive_some(ends.server, heard, a_minute);
  BOOST_TEST(no_error(received));
  BOOST_TEST(received.bytes == text.size());
  BOOST_TEST(no_error(blocking::send_all(ends.server, text, a_minute)));
  BOOST_TEST(no_error(blocking::finish(ends.server, a_minute)));
  BOOST_TEST(blocking::receive_some(ends.server, heard, a_minute).error == errc::end_of_file);
  heard.pop_back();
  BOOST_TEST(no_error(blocking::receive_all(ends.client, heard, a_minute)));
  BOOST_TEST(heard == text);
}

BOOST_AUTO_TEST_CASE(sending_after_our_end_is_a_broken_pipe) {
  shaken ends;
  std::string const text = "too late";
  BOOST_TEST(no_error(blocking::finish(ends.client, a_minute)));
  auto const sent = blocking::send_all(ends.client, text, a_minute);
  BOOST_TEST(sent.error == boost::system::errc::broken_pipe);
  BOOST_TEST(sent.bytes == 0u);
}

BOOST_AUTO_TEST_CASE(finishing_before_the_handshake_ends_the_connection_below) {
  tls_pair ends;
  BOOST_TEST(no_error(blocking::finish(ends.client, a_minute)));
  BOOST_TEST(blocking::handshake(ends.server, a_minute).error == errc::truncated);
}

namespace {

std::string record_that_nobody_encrypted() {
  std::string forged("\x17\x03\x03\x00\x40", 5);
  return forged.append(0x40, 'x');
}
void forge(tls_session& from) {
  auto const forged = record_that_nobody_encrypted();
  BOOST_REQUIRE(::send(from.native_handle(), forged.data(), forged.size(), 0) == 69);
}

}  // namespace

BOOST_AUTO_TEST_CASE(after_a_fatal_error_every_call_says_session_broken) {
  shaken ends;
  std::string text(10, '?');
  forge(ends.client);
  auto const received = blocking::receive_some(ends.server, text, a_minute);
  BOOST_TEST(received.error.category() == tls_category());
  BOOST_TEST(says(received, "bad record mac"), received.error.message());
  BOOST_TEST(!received.connection_usable());
  BOOST_TEST(!ends.server.has_pending_output());
  for (auto const& result :
       {blocking::receive_some(ends.server, text, a_minute), blocking::send_all(ends.server, text, a_minute),
        blocking::send_some(ends.server, text, a_minute), blocking::handshake(ends.server, a_minute),
        blocking::finish(ends.server, a_minute)}) {
    BOOST_TEST(result.error == errc::session_broken);
    BOOST_TEST(!result.connection_usable());
  }
  // The other side is told why, if only by an alert.
  auto const told = blocking::receive_some(ends.client, text, a_minute);
  BOOST_TEST(says(told, "alert"), told.error.message());
}

BOOST_AUTO_TEST_CASE(a_send_of_all_does_not_succeed_in_a_session_that_broke_meanwhile) {
  shaken ends;
  std::string const text = "all or nothing";
  std::string into(10, '?');
  trivium::test::faults seam{takes(3)};
  auto const sent = blocking::send_all(ends.client, text, {.timeout = 0s});
  BOOST_TEST(sent.bytes == text.size());
  forge(ends.server);
  BOOST_TEST(says(blocking::receive_some(ends.client, into, a_minute), "bad record mac"));
  auto const rest = std::string_view{text}.substr(sent.bytes);
  BOOST_TEST(blocking::send_all(ends.client, rest, a_minute).error == errc::session_broken);
}

BOOST_AUTO_TEST_CASE(bytes_before_a_fatal_error_are_told_and_then_the_error) {
  shaken ends;
  std::string into(10, '?');
  BOOST_TEST(no_error(blocking::send_all(ends.server, std::string_view{"good"}, a_minute)));
  forge(ends.server);
  auto const good = blocking::receive_some(ends.client, into, a_minute);
  BOOST_TEST(no_error(good));
  BOOST_TEST(good.bytes == 4u);
  BOOST_TEST(says(blocking::receive_some(ends.client, into, a_minute), "bad record mac"));
  BOOST_TEST(blocking::receive_some(ends.client, into, a_minute).error == errc::session_broken);
}

BOOST_AUTO_TEST_CASE(a_refusal_breaks_the_session_too) {
  tls_pair ends{trusting(), "elsewhere.example"};
  std::string text(10, '?');
  while (nonblocking::handshake(ends.client).connection_usable())
    static_cast<void>(nonblocking::handshake(ends.server));
  for (auto const& result : {blocking::handshake(ends.client), blocking::send_all(ends.client, text),
                             blocking::receive_some(ends.client, text)})
    BOOST_TEST(result.error == errc::session_broken);
}

BOOST_AUTO_TEST_CASE(what_is_closed_is_the_kernels_ebadf) {
  shaken ends;
  ends.client.close();
  ends.client.close();
  std::string text(10, '?');
  BOOST_TEST(!ends.client.is_open());
  for (auto const& result : {blocking::handshake(ends.client), blocking::send_all(ends.client, text),
                             blocking::receive_some(ends.client, text), blocking::finish(ends.client)})
    BOOST_TEST(result.error.value() == EBADF);
}

BOOST_AUTO_TEST_CASE(it_can_be_moved_with_what_it_holds_back) {
  shaken ends;
  std::string const text = "moved";
  std::string heard(text.size(), '?');
  {
    trivium::test::faults seam{takes(3)};
    BOOST_TEST(!!blocking::send_all(ends.client, text, {.timeout = 0s}).error);
  }
  int const descriptor = ends.client.native_handle();
  tls_session moved = std::move(ends.client);
  BOOST_TEST(!ends.client.is_open());
  BOOST_TEST(blocking::send_all(ends.client, text).error.value() == EBADF);
  BOOST_TEST(moved.native_handle() == descriptor);
  std::string_view const nothing;
  BOOST_TEST(no_error(blocking::send_all(moved, nothing, a_minute)));
  BOOST_TEST(no_error(blocking::receive_all(ends.server, heard, a_minute)));
  BOOST_TEST(heard == text);
  ends.client = std::move(moved);
  BOOST_TEST(ends.client.native_handle() == descriptor);
  BOOST_TEST(ends.client.below().remote_endpoint().value() == ends.server.below().local_endpoint().value());
}
