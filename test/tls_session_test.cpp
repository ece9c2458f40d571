// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/tls_session.hpp>

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <boost/test/unit_test.hpp>
#include <counts.hpp>
#include <elsewhere.hpp>
#include <faults.hpp>
#include <iostream>
#include <peer.hpp>
#include <set>
#include <string>
#include <thread>
#include <tls_pair.hpp>
#include <trivium/blocking.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t record = 16384;
constexpr limits a_minute{.timeout = 1min};

bool says(transfer_result const& result, char const* word) {
  return result.error.message().find(word) != std::string::npos;
}
fault would_block() {
  return {.error = EAGAIN};
}

// The kernel takes so many bytes of ciphertext, and no more.
faults::decide takes(std::size_t bytes) {
  return [left = std::make_shared<std::size_t>(bytes)](moving_call const& call) {
    if (call.what != moving_call::kind::send) return fault{};
    if (*left == 0) return would_block();
    auto const now = std::min(*left, call.asked);
    *left -= now;
    return fault{.at_most = now};
  };
}

struct shaken : tls_pair {
  explicit shaken(int buffer_bytes = 0)
      : tls_pair{trusting(), "localhost", server_of(certificates::here().good), buffer_bytes} {
    shake();
    BOOST_REQUIRE(!of_client.error);
    BOOST_REQUIRE(!of_server.error);
  }
};

// Reads all until the end, in a thread of its own: of a session what reading_peer is of a descriptor.
class reading_session {
 public:
  explicit reading_session(tls_session& end)
      : thread_{[this, &end] {
          std::vector<std::byte> part(100'000);
          while (!error) {
            auto const received = blocking::receive_some(end, part, a_minute);
            seen_.insert(seen_.end(), part.begin(), part.begin() + static_cast<long>(received.bytes));
            error = received.error;
          }
        }} {}
  ~reading_session() {
    if (thread_.joinable()) thread_.join();
  }
  std::vector<std::byte> const& seen() {
    if (thread_.joinable()) thread_.join();
    return seen_;
  }
  error_code error;

 private:
  std::vector<std::byte> seen_;
  std::thread thread_;
};

}  // namespace

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
  BOOST_TEST((nonblocking::handshake(ends.client).error == errc::would_block));
  BOOST_TEST(ends.client.version().empty());
}

BOOST_AUTO_TEST_CASE(the_first_send_and_receive_shake_hands_if_nobody_did) {
  tls_pair ends;
  std::string const question = "who are you?";
  std::string heard(question.size(), '?');
  elsewhere server{[&] { return blocking::receive_all(ends.server, heard, a_minute); }};
  BOOST_TEST(!blocking::send_all(ends.client, question, a_minute).error);
  BOOST_TEST(!server.result().error);
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
    BOOST_TEST(!sent.error);
    BOOST_TEST((sent.waited < 30s));  // not until its limit made it look
    BOOST_TEST(!receives.result().error);
    BOOST_TEST(told == answer);
    BOOST_TEST(!server.result().error);
  }
}

BOOST_AUTO_TEST_CASE(the_server_learns_the_name_that_was_asked_for) {
  shaken ends;
  BOOST_TEST(SSL_get_servername(ends.server.native_session(), TLSEXT_NAMETYPE_host_name) ==
             std::string{"localhost"});
}

BOOST_AUTO_TEST_CASE(a_numeric_address_is_verified_as_one_and_no_name_is_told) {
  for (auto const* const address : {"127.0.0.1", "::1"}) {
    tls_pair ends{trusting(), address};
    ends.shake();
    BOOST_TEST(!ends.of_client.error);
    BOOST_TEST(SSL_get_servername(ends.server.native_session(), TLSEXT_NAMETYPE_host_name) == nullptr);
  }
  tls_pair ends{trusting(), "127.0.0.2"};
  ends.shake();
  BOOST_TEST(ends.of_client.error.value() == X509_V_ERR_IP_ADDRESS_MISMATCH);
}

BOOST_AUTO_TEST_CASE(the_dot_of_the_root_is_no_part_of_the_name) {
  tls_pair ends{trusting(), "localhost."};
  ends.shake();
  BOOST_TEST(!ends.of_client.error);
}

BOOST_AUTO_TEST_CASE(without_a_host_to_verify_there_is_no_session) {
  std::string const with_a_zero{"localhost\0.elsewhere.example", 28};
  for (std::string_view const host : {std::string_view{}, std::string_view{"."},
                                      std::string_view{".localhost"}, std::string_view{with_a_zero}}) {
    tls_pair ends{trusting(), host};
    trivium::test::faults seam;
    BOOST_TEST((blocking::handshake(ends.client).error == boost::system::errc::invalid_argument));
    BOOST_TEST(seam.moving_calls() == 0u);
  }
}

namespace {

void is_refused(identity const& who, int why, char const* word) {
  tls_pair ends{trusting(), "localhost", server_of(who)};
  ends.shake();
  BOOST_TEST((ends.of_client.error.category() == tls_verification_category()));
  BOOST_TEST(ends.of_client.error.value() == why);
  BOOST_TEST(says(ends.of_client, word), ends.of_client.error.message());
  BOOST_TEST(!ends.of_client.connection_usable());
  // The server is told, and has no session either.
  BOOST_TEST((ends.of_server.error.category() == tls_category()));
  BOOST_TEST(says(ends.of_server, "alert"), ends.of_server.error.message());
}

}  // namespace

BOOST_AUTO_TEST_CASE(another_host_is_refused) {
  is_refused(certificates::here().other_name, X509_V_ERR_HOSTNAME_MISMATCH, "another host name");
}
BOOST_AUTO_TEST_CASE(an_expired_certificate_is_refused) {
  is_refused(certificates::here().expired, X509_V_ERR_CERT_HAS_EXPIRED, "has expired");
}
BOOST_AUTO_TEST_CASE(a_certificate_of_tomorrow_is_refused) {
  is_refused(certificates::here().not_yet, X509_V_ERR_CERT_NOT_YET_VALID, "not valid yet");
}
BOOST_AUTO_TEST_CASE(a_self_signed_certificate_is_refused) {
  is_refused(certificates::here().self_signed, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "self-signed");
}
BOOST_AUTO_TEST_CASE(an_unknown_issuer_is_refused) {
  is_refused(certificates::here().of_a_stranger, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
             "not trusted here");
}

BOOST_AUTO_TEST_CASE(the_systems_issuers_do_not_know_the_tests_own) {
  tls_pair ends{tls_client_context::make().value()};
  ends.shake();
  BOOST_TEST(says(ends.of_client, "not trusted here"), ends.of_client.error.message());
}

// What was refused is refused before a byte of ours is on its way.
BOOST_AUTO_TEST_CASE(no_byte_is_sent_to_who_is_not_verified) {
  tls_pair ends{trusting(), "elsewhere.example"};
  std::string const secret = "secret";
  elsewhere server{[&] { return blocking::handshake(ends.server, a_minute); }};
  auto const sent = blocking::send_all(ends.client, secret, a_minute);
  BOOST_TEST(sent.error.value() == X509_V_ERR_HOSTNAME_MISMATCH);
  BOOST_TEST(sent.bytes == 0u);
  BOOST_TEST(!!server.result().error);
}

BOOST_AUTO_TEST_CASE(who_is_trusted_by_name_need_not_be_vouched_for) {
  auto const& self_signed = certificates::here().self_signed;
  tls_pair ends{tls_client_context::make({.ca_file = self_signed.certificate_file}).value(), "localhost",
                server_of(self_signed)};
  ends.shake();
  BOOST_TEST(!ends.of_client.error);
}

BOOST_AUTO_TEST_CASE(a_client_may_verify_less_if_it_says_so) {
  auto const& here = certificates::here();
  auto const any_host =
      tls_client_context::make({.ca_file = here.ca_file, .check = tls_check::certificate}).value();
  auto const anyone = tls_client_context::make({.check = tls_check::nothing}).value();
  {
    tls_pair ends{any_host, "localhost", server_of(here.other_name)};
    ends.shake();
    BOOST_TEST(!ends.of_client.error);
  }
  {
    tls_pair ends{any_host, "127.0.0.2", server_of(here.other_name)};
    ends.shake();
    BOOST_TEST(!ends.of_client.error);
  }
  {
    tls_pair ends{any_host, "localhost", server_of(here.expired)};
    ends.shake();
    BOOST_TEST(ends.of_client.error.value() == X509_V_ERR_CERT_HAS_EXPIRED);
  }
  {
    tls_pair ends{anyone, "", server_of(here.self_signed)};
    ends.shake();
    BOOST_TEST(!ends.of_client.error);
  }
}

BOOST_AUTO_TEST_CASE(a_server_may_ask_who_the_client_is) {
  auto const& here = certificates::here();
  auto const asking = server_of(here.good, {.client_ca_file = here.ca_file});
  auto const known = tls_client_context::make({.ca_file = here.ca_file,
                                               .certificate_file = here.other_name.certificate_file,
                                               .key_file = here.other_name.key_file})
                         .value();
  auto const stranger = tls_client_context::make({.ca_file = here.ca_file,
                                                  .certificate_file = here.of_a_stranger.certificate_file,
                                                  .key_file = here.of_a_stranger.key_file})
                            .value();
  {
    tls_pair ends{known, "localhost", asking};
    ends.shake();
    BOOST_TEST(!ends.of_client.error);
    BOOST_TEST(!ends.of_server.error);
  }
  {
    tls_pair ends{stranger, "localhost", asking};
    ends.shake();
    BOOST_TEST(ends.of_server.error.value() == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
  }
  {
    tls_pair ends{trusting(), "localhost", asking};
    ends.shake();
    BOOST_TEST(says(ends.of_server, "did not return a certificate"), ends.of_server.error.message());
  }
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
  BOOST_TEST(!silent.of_client.error);
  BOOST_TEST(silent.client.protocol().empty());
}

BOOST_AUTO_TEST_CASE(a_peer_that_does_not_speak_tls_is_told_apart) {
  auto [near, far] = tcp_pair();
  tls_session client{std::move(near), trusting(), "localhost"};
  BOOST_REQUIRE(::send(far.native_handle(), "HTTP/1.1 400 Bad Request\r\n", 26, 0) == 26);
  auto const shaken = blocking::handshake(client, a_minute);
  BOOST_TEST((shaken.error.category() == tls_category()));
  BOOST_TEST(says(shaken, "does the peer speak TLS"), shaken.error.message());
}

BOOST_AUTO_TEST_CASE(a_handshake_that_a_limit_ended_goes_on) {
  tls_pair ends;
  auto const waited = blocking::handshake(ends.client, {.timeout = 5ms});
  BOOST_TEST((waited.error == errc::timed_out));
  BOOST_TEST(waited.connection_usable());
  ends.shake();
  BOOST_TEST(!ends.of_client.error);
  BOOST_TEST(!ends.of_server.error);
}

BOOST_AUTO_TEST_CASE(a_peer_that_goes_away_ends_the_handshake) {
  auto [near, far] = tcp_pair();
  tls_session client{std::move(near), trusting(), "localhost"};
  far.close();
  auto const shaken = blocking::handshake(client, a_minute);
  BOOST_TEST((shaken.error == errc::truncated || shaken.error == boost::system::errc::connection_reset));
}

namespace {

transfer_result as_the_readme_shows(trivium::socket peer) {
  // README begins here
  auto const trust = trivium::tls_client_context::make().value();  // whom the system trusts
  trivium::tls_session there{std::move(peer), trust, "example.org"};
  auto const shaken = trivium::blocking::handshake(there, {.timeout = 5s});
  if (shaken.error) std::cerr << shaken.error.message() << '\n';  // says who is refused, and why
  // README ends here
  return shaken;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_the_readme_shows_refuses_who_is_not_example_org) {
  auto [near, far] = tcp_pair();
  tls_session server{std::move(far), server_of(certificates::here().good)};
  elsewhere peer{[&] { return blocking::handshake(server, a_minute); }};
  BOOST_TEST((as_the_readme_shows(std::move(near)).error.category() == tls_verification_category()));
}

// --- Bytes, and what is held back. -----------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_send_that_was_cut_in_a_record_goes_on_with_whatever_is_sent_next) {
  shaken ends;
  auto const first = pattern(100'000), other = pattern(50'000, 7);
  transfer_result sent;
  {
    trivium::test::faults seam{takes(record + 1000)};  // into the second record
    sent = blocking::send_all(ends.client, first, {.timeout = 0s});
  }
  BOOST_TEST((sent.error == errc::would_block));
  BOOST_TEST(sent.connection_usable());
  BOOST_TEST(sent.bytes > record);
  BOOST_TEST(sent.bytes < first.size());
  BOOST_TEST(sent.bytes % record == 0u);
  BOOST_TEST(ends.client.holds_back());

  reading_session peer{ends.server};
  BOOST_TEST(!blocking::send_all(ends.client, other, a_minute).error);  // not what the first would go on with
  BOOST_TEST(!ends.client.holds_back());
  BOOST_TEST(!blocking::finish(ends.client, a_minute).error);
  auto expected = std::vector<std::byte>(first.begin(), first.begin() + static_cast<long>(sent.bytes));
  expected.insert(expected.end(), other.begin(), other.end());
  BOOST_TEST((peer.seen() == expected));
  BOOST_TEST((peer.error == errc::end_of_file));
}

// Each cut: within the header, within the last byte, between two records.
BOOST_AUTO_TEST_CASE(wherever_it_is_cut_no_byte_is_lost_or_doubled) {
  auto const data = pattern(3 * record + 17);
  for (std::size_t const cut : {std::size_t{1}, std::size_t{4}, std::size_t{5}, std::size_t{6}, record,
                                record + 21, record + 22, record + 23, 2 * record + 44, 3 * record}) {
    shaken ends;
    transfer_result sent;
    {
      trivium::test::faults seam{takes(cut)};
      sent = blocking::send_all(ends.client, data, {.timeout = 0s});
    }
    BOOST_TEST((sent.error == errc::would_block));
    reading_session peer{ends.server};
    auto const rest = std::span{data}.subspan(sent.bytes);
    BOOST_TEST(!blocking::send_all(ends.client, rest, a_minute).error);
    BOOST_TEST(!blocking::finish(ends.client, a_minute).error);
    BOOST_TEST((peer.seen() == data));
  }
}

// It has taken all bytes, and yet not succeeded: the peer has not been sent them.
BOOST_AUTO_TEST_CASE(a_send_of_all_has_not_succeeded_while_something_is_held_back) {
  shaken ends;
  std::string const text = "all or nothing";
  std::string heard(text.size(), '?');
  transfer_result sent;
  {
    trivium::test::faults seam{takes(3)};
    sent = blocking::send_all(ends.client, text, {.timeout = 0s});
  }
  BOOST_TEST((sent.error == errc::would_block));
  BOOST_TEST(sent.bytes == text.size());
  BOOST_TEST(ends.client.holds_back());

  // Going on at `bytes` is right also where nothing is left.
  auto const rest = std::string_view{text}.substr(sent.bytes);
  auto const resumed = blocking::send_all(ends.client, rest, a_minute);
  BOOST_TEST(!resumed.error);
  BOOST_TEST(resumed.bytes == 0u);
  BOOST_TEST(resumed.calls == 1u);
  BOOST_TEST(!blocking::receive_all(ends.server, heard, a_minute).error);
  BOOST_TEST(heard == text);
}

BOOST_AUTO_TEST_CASE(a_send_of_some_succeeds_with_what_was_taken_whatever_its_limits) {
  shaken ends;
  std::string const text = "some";
  for (auto const& with : {limits{.timeout = 0s}, limits{.timeout = 5ms}}) {
    trivium::test::faults seam{takes(3)};
    auto const sent = blocking::send_some(ends.client, text, with);
    BOOST_TEST(!sent.error);
    BOOST_TEST(sent.bytes == text.size());
    BOOST_TEST(ends.client.holds_back());
    std::string_view const nothing;
    trivium::test::faults none{};
    BOOST_TEST(!blocking::send_all(ends.client, nothing, a_minute).error);
  }
  // Without a limit it waits until all is on its way.
  BOOST_TEST(!blocking::send_some(ends.client, text).error);
  BOOST_TEST(!ends.client.holds_back());
}

// We wait for the peer's answer, and the peer for the rest of our question.
BOOST_AUTO_TEST_CASE(a_receive_sends_what_is_held_back_and_waits_for_either) {
  shaken ends;
  std::string const question = "what is held back?";
  std::string heard(question.size(), '?'), answer(2, '?');
  {
    trivium::test::faults seam{takes(3)};
    BOOST_TEST(nonblocking::send_some(ends.client, question).bytes == question.size());
    transfer receiving_it{ends.client, receiving(answer)};
    BOOST_TEST((receiving_it.turn() == turned::would_block));
    BOOST_TEST((receiving_it.wants().until == wants::direction::either));
  }
  elsewhere peer{[&] {
    auto const received = blocking::receive_all(ends.server, heard, a_minute);
    std::string const is = "no";
    return received.error ? received : blocking::send_all(ends.server, is, a_minute);
  }};
  BOOST_TEST(!blocking::receive_all(ends.client, answer, a_minute).error);
  BOOST_TEST(!peer.result().error);
  BOOST_TEST(heard == question);
  BOOST_TEST(answer == "no");
}

BOOST_AUTO_TEST_CASE(what_it_keeps_is_bounded) {
  shaken ends{16 * 1024};
  std::vector<std::byte> const data(8 << 20);
  std::size_t most = 0;
  for (std::size_t sent = 0; sent != data.size();) {
    auto const rest = std::span{data}.subspan(sent);
    auto const one = nonblocking::send_some(ends.client, rest);
    sent += one.bytes;
    most = std::max(most, ends.client.queued() - descriptor_channel{ends.client.native_handle()}.queued());
    if (one.bytes == 0) {  // the peer reads when nothing more is taken
      std::vector<std::byte> part(100'000);
      static_cast<void>(blocking::receive_some(ends.server, part, {.timeout = 10ms}));
    }
  }
  BOOST_TEST(most > 0u);
  BOOST_TEST(most <= 8 * (record + 5 + 256));
}

BOOST_AUTO_TEST_CASE(small_pieces_share_a_record) {
  shaken ends;
  std::string text(20'000, 'x');
  std::vector<boost::asio::const_buffer> pieces;
  for (std::size_t at = 0; at != text.size(); at += 20) pieces.emplace_back(text.data() + at, 20);
  trivium::test::faults seam;
  auto const sent = blocking::send_all(ends.client, pieces);
  BOOST_TEST(sent.bytes == text.size());
  BOOST_TEST(sent.calls == 2u);  // two records: the first alone, to see how much the kernel takes
  std::string heard(text.size(), '?');
  BOOST_TEST(!blocking::receive_all(ends.server, heard, a_minute).error);
  BOOST_TEST(heard == text);
}

BOOST_AUTO_TEST_CASE(bulk_takes_a_system_call_for_each_eight_records) {
  shaken ends;
  std::vector<std::byte> const data(8 << 20);
  std::vector<std::byte> into(data.size());
  elsewhere peer{[&] { return blocking::receive_all(ends.server, into, a_minute); }};
  auto const sent = blocking::send_all(ends.client, data, a_minute);
  BOOST_TEST(!peer.result().error);
  BOOST_TEST(!sent.error);
  auto const batches = data.size() / record / 8;
  BOOST_TEST(sent.calls <= batches + 4 * sent.waits + 8);
}

// What OpenSSL 3 allocates for each record it frees with it; of ours there is nothing.
BOOST_AUTO_TEST_CASE(in_steady_state_it_takes_no_more_memory) {
  shaken ends;
  std::vector<std::byte> const data(100'000);
  std::vector<std::byte> into(data.size());
  auto const there = [&] {
    BOOST_TEST(!blocking::send_all(ends.client, data, a_minute).error);
    BOOST_TEST(!blocking::receive_all(ends.server, into, a_minute).error);
  };
  for (int i = 0; i != 4; ++i) there();
  heap_peak const peak;
  there();
  auto const held = peak.bytes();
  BOOST_TEST(held < 4096u);
}

BOOST_AUTO_TEST_CASE(both_directions_at_once_in_two_threads) {
  shaken ends{32 * 1024};
  auto const data = pattern(3 << 20);
  std::vector<std::byte> there(data.size()), back(data.size());
  elsewhere received_there{[&] { return blocking::receive_all(ends.server, there, a_minute); }};
  elsewhere sent_there{[&] { return blocking::send_all(ends.server, data, a_minute); }};
  elsewhere received_here{[&] { return blocking::receive_all(ends.client, back, a_minute); }};
  BOOST_TEST(!nonblocking::send_all(ends.client, data, retry::poll, a_minute).error);
  for (auto* const each : {&received_there, &sent_there, &received_here}) BOOST_TEST(!each->result().error);
  BOOST_TEST((there == data));
  BOOST_TEST((back == data));
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
  BOOST_TEST(!blocking::receive_all(near, into, a_minute).error);
  BOOST_TEST(!sender.result().error);
  BOOST_TEST((into == data));
  std::array<std::byte, 1> byte;
  BOOST_TEST((blocking::receive_some(near, byte, a_minute).error == errc::end_of_file));
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
  BOOST_TEST(!blocking::send_all(near, data, a_minute).error);
  BOOST_TEST(!blocking::finish(near, a_minute).error);
  near.close();
  BOOST_TEST((peer.seen() == data));
  BOOST_TEST(peer.error == 0);
}

// --- The end. --------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_clean_end_is_end_of_file_each_time) {
  shaken ends;
  std::string const last = "bye";
  std::string heard(10, '?');
  BOOST_TEST(!blocking::send_all(ends.client, last, a_minute).error);
  BOOST_TEST(!blocking::finish(ends.client, a_minute).error);
  ends.client.close();
  auto const received = blocking::receive_all(ends.server, heard, a_minute);
  BOOST_TEST((received.error == errc::end_of_file));
  BOOST_TEST(received.bytes == last.size());
  for (int i = 0; i != 3; ++i)
    BOOST_TEST((blocking::receive_some(ends.server, heard, a_minute).error == errc::end_of_file));
}

BOOST_AUTO_TEST_CASE(an_end_that_the_peer_did_not_say_is_truncation_each_time) {
  shaken ends;
  std::string const last = "by";
  std::string heard(10, '?');
  BOOST_TEST(!blocking::send_all(ends.client, last, a_minute).error);
  ends.client.close();  // without a finish
  auto const received = blocking::receive_all(ends.server, heard, a_minute);
  BOOST_TEST((received.error == errc::truncated));
  BOOST_TEST(received.bytes == last.size());
  BOOST_TEST(!received.connection_usable());
  for (int i = 0; i != 3; ++i)
    BOOST_TEST((blocking::receive_some(ends.server, heard, a_minute).error == errc::truncated));
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
  BOOST_TEST((received.error == errc::truncated));
  BOOST_TEST(received.bytes == 0u);
}

BOOST_AUTO_TEST_CASE(receiving_goes_on_after_our_end_and_sending_after_the_peers) {
  shaken ends;
  std::string const text = "still here";
  std::string heard(text.size(), '?');
  BOOST_TEST(!blocking::finish(ends.client, a_minute).error);
  BOOST_TEST((blocking::receive_some(ends.server, heard, a_minute).error == errc::end_of_file));
  BOOST_TEST(!blocking::send_all(ends.server, text, a_minute).error);
  BOOST_TEST(!blocking::receive_all(ends.client, heard, a_minute).error);
  BOOST_TEST(heard == text);
}

BOOST_AUTO_TEST_CASE(sending_after_our_end_is_a_broken_pipe) {
  shaken ends;
  std::string const text = "too late";
  BOOST_TEST(!blocking::finish(ends.client, a_minute).error);
  auto const sent = blocking::send_all(ends.client, text, a_minute);
  BOOST_TEST((sent.error == boost::system::errc::broken_pipe));
  BOOST_TEST(sent.bytes == 0u);
}

BOOST_AUTO_TEST_CASE(finishing_before_the_handshake_ends_the_connection_below) {
  tls_pair ends;
  BOOST_TEST(!blocking::finish(ends.client, a_minute).error);
  BOOST_TEST((blocking::handshake(ends.server, a_minute).error == errc::truncated));
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
  BOOST_TEST((received.error.category() == tls_category()));
  BOOST_TEST(says(received, "bad record mac"), received.error.message());
  BOOST_TEST(!received.connection_usable());
  BOOST_TEST(!ends.server.holds_back());
  for (auto const& result :
       {blocking::receive_some(ends.server, text, a_minute), blocking::send_all(ends.server, text, a_minute),
        blocking::send_some(ends.server, text, a_minute), blocking::handshake(ends.server, a_minute),
        blocking::finish(ends.server, a_minute)}) {
    BOOST_TEST((result.error == errc::session_broken));
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
  BOOST_TEST((blocking::send_all(ends.client, rest, a_minute).error == errc::session_broken));
}

BOOST_AUTO_TEST_CASE(bytes_before_a_fatal_error_are_told_and_then_the_error) {
  shaken ends;
  std::string into(10, '?');
  BOOST_TEST(!blocking::send_all(ends.server, std::string_view{"good"}, a_minute).error);
  forge(ends.server);
  auto const good = blocking::receive_some(ends.client, into, a_minute);
  BOOST_TEST(!good.error);
  BOOST_TEST(good.bytes == 4u);
  BOOST_TEST(says(blocking::receive_some(ends.client, into, a_minute), "bad record mac"));
  BOOST_TEST((blocking::receive_some(ends.client, into, a_minute).error == errc::session_broken));
}

BOOST_AUTO_TEST_CASE(a_refusal_breaks_the_session_too) {
  tls_pair ends{trusting(), "elsewhere.example"};
  std::string text(10, '?');
  while (nonblocking::handshake(ends.client).connection_usable())
    static_cast<void>(nonblocking::handshake(ends.server));
  for (auto const& result : {blocking::handshake(ends.client), blocking::send_all(ends.client, text),
                             blocking::receive_some(ends.client, text)})
    BOOST_TEST((result.error == errc::session_broken));
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
  BOOST_TEST(!blocking::send_all(moved, nothing, a_minute).error);
  BOOST_TEST(!blocking::receive_all(ends.server, heard, a_minute).error);
  BOOST_TEST(heard == text);
  ends.client = std::move(moved);
  BOOST_TEST(ends.client.native_handle() == descriptor);
  BOOST_TEST((ends.client.below().remote_endpoint().value() == ends.server.below().local_endpoint().value()));
}
