// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What a session makes of bytes: records, of which the kernel takes what it takes, and what is held back of
// them.
#include <openssl/ssl.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <counts.hpp>
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

namespace {

constexpr std::size_t record = 16384;

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

BOOST_AUTO_TEST_CASE(a_send_that_was_cut_in_a_record_goes_on_with_whatever_is_sent_next) {
  shaken ends;
  auto const first = pattern(100'000), other = pattern(50'000, 7);
  transfer_result sent;
  {
    trivium::test::faults seam{takes(record + 1000)};  // into the second record
    sent = blocking::send_all(ends.client, first, {.timeout = 0s});
  }
  BOOST_TEST(sent.error == errc::would_block);
  BOOST_TEST(sent.connection_usable());
  BOOST_TEST(sent.bytes > record);
  BOOST_TEST(sent.bytes < first.size());
  BOOST_TEST(sent.bytes % record == 0u);
  BOOST_TEST(ends.client.has_pending_output());

  reading_session peer{ends.server};
  BOOST_TEST(
      no_error(blocking::send_all(ends.client, other, a_minute)));  // not what the first would go on with
  BOOST_TEST(!ends.client.has_pending_output());
  BOOST_TEST(no_error(blocking::finish(ends.client, a_minute)));
  auto expected = std::vector<std::byte>(first.begin(), first.begin() + static_cast<long>(sent.bytes));
  expected.insert(expected.end(), other.begin(), other.end());
  BOOST_TEST(peer.seen() == expected);
  BOOST_TEST(peer.error == errc::end_of_file);
}

// One attempt, and then only reads: what they send on the way is the goodbye too.
BOOST_AUTO_TEST_CASE(an_end_that_is_held_back_is_told_by_what_follows) {
  shaken ends;
  auto const data = pattern(100'000);
  {
    trivium::test::faults seam{takes(record + 1000)};
    (void)blocking::send_all(ends.client, data, {.timeout = 0s});
    BOOST_TEST(nonblocking::finish(ends.client).error == errc::would_block);
    BOOST_TEST(ends.client.has_pending_output());
  }
  std::vector<std::byte> into(1);
  BOOST_TEST(nonblocking::receive_some(ends.client, into).error == errc::would_block);
  BOOST_TEST(!ends.client.has_pending_output());
  reading_session peer{ends.server};
  BOOST_TEST(peer.seen().size() % record == 0u);
  BOOST_TEST(peer.error == errc::end_of_file);
}

// A ticket that comes in several records, of which only the first is there: TLS can say nothing else before.
BOOST_AUTO_TEST_CASE(an_end_waits_for_the_rest_of_what_tls_is_being_told) {
  auto const who = server_of(certificates::here().good, {.tickets = 1});
  SSL_CTX_set_max_send_fragment(who.native_handle(), 512);
  auto const fat = [](SSL* session, void*) {
    static std::array<char, 2000> const ballast{};
    return SSL_SESSION_set1_ticket_appdata(SSL_get_session(session), ballast.data(), ballast.size());
  };
  SSL_CTX_set_session_ticket_cb(who.native_handle(), fat, nullptr, nullptr);
  tls_pair ends{trusting(), "localhost", who};
  while (nonblocking::handshake(ends.client).error == errc::would_block)
    (void)nonblocking::handshake(ends.server);
  {
    trivium::test::faults seam{takes(600)};
    BOOST_TEST(nonblocking::handshake(ends.server).error == errc::would_block);
  }
  std::vector<std::byte> into(1);
  BOOST_TEST(nonblocking::receive_some(ends.client, into).error == errc::would_block);
  BOOST_TEST(nonblocking::finish(ends.client).error == errc::would_block);

  // Who waits meanwhile may see no event: an end, or a send, may take the rest from the kernel.
  transfer waits{ends.client, receiving_some(into)};
  BOOST_TEST(waits.advance() == progress::pending);
  BOOST_TEST(waits.due() != time_point::max());

  BOOST_TEST(no_error(nonblocking::handshake(ends.server)));  // the rest
  BOOST_TEST(no_error(blocking::finish(ends.client, a_minute)));
  BOOST_TEST(blocking::receive_some(ends.server, into, a_minute).error == errc::end_of_file);
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
    BOOST_TEST(sent.error == errc::would_block);
    reading_session peer{ends.server};
    auto const rest = std::span{data}.subspan(sent.bytes);
    BOOST_TEST(no_error(blocking::send_all(ends.client, rest, a_minute)));
    BOOST_TEST(no_error(blocking::finish(ends.client, a_minute)));
    BOOST_TEST(same(peer.seen(), data));
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
  BOOST_TEST(sent.error == errc::would_block);
  BOOST_TEST(sent.bytes == text.size());
  BOOST_TEST(ends.client.has_pending_output());

  // Going on at `bytes` is right also where nothing is left.
  auto const rest = std::string_view{text}.substr(sent.bytes);
  auto const resumed = blocking::send_all(ends.client, rest, a_minute);
  BOOST_TEST(no_error(resumed));
  BOOST_TEST(resumed.bytes == 0u);
  BOOST_TEST(resumed.calls == 1u);
  BOOST_TEST(no_error(blocking::receive_all(ends.server, heard, a_minute)));
  BOOST_TEST(heard == text);
}

BOOST_AUTO_TEST_CASE(a_send_of_some_succeeds_with_what_was_taken_whatever_its_limits) {
  shaken ends;
  std::string const text = "some";
  for (auto const& with : {limits{.timeout = 0s}, limits{.timeout = 5ms}}) {
    trivium::test::faults seam{takes(3)};
    auto const sent = blocking::send_some(ends.client, text, with);
    BOOST_TEST(no_error(sent));
    BOOST_TEST(sent.bytes == text.size());
    BOOST_TEST(ends.client.has_pending_output());
    std::string_view const nothing;
    trivium::test::faults none{};
    BOOST_TEST(no_error(blocking::send_all(ends.client, nothing, a_minute)));
  }
  // Without a limit it waits until all is on its way.
  BOOST_TEST(no_error(blocking::send_some(ends.client, text)));
  BOOST_TEST(!ends.client.has_pending_output());
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
    BOOST_TEST(receiving_it.advance() == progress::pending);
    BOOST_TEST(receiving_it.interest().until == readiness::either);
  }
  elsewhere peer{[&] {
    auto const received = blocking::receive_all(ends.server, heard, a_minute);
    std::string const is = "no";
    return received.error ? received : blocking::send_all(ends.server, is, a_minute);
  }};
  BOOST_TEST(no_error(blocking::receive_all(ends.client, answer, a_minute)));
  BOOST_TEST(no_error(peer.result()));
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
  BOOST_TEST(no_error(blocking::receive_all(ends.server, heard, a_minute)));
  BOOST_TEST(heard == text);
}

BOOST_AUTO_TEST_CASE(bulk_takes_a_system_call_for_each_eight_records) {
  shaken ends;
  std::vector<std::byte> const data(8 << 20);
  std::vector<std::byte> into(data.size());
  elsewhere peer{[&] { return blocking::receive_all(ends.server, into, a_minute); }};
  auto const sent = blocking::send_all(ends.client, data, a_minute);
  BOOST_TEST(no_error(peer.result()));
  BOOST_TEST(no_error(sent));
  auto const batches = data.size() / record / 8;
  BOOST_TEST(sent.calls <= batches + 4 * sent.waits + 8);
}

// What OpenSSL 3 allocates for each record it frees with it; of ours there is nothing.
BOOST_AUTO_TEST_CASE(in_steady_state_it_takes_no_more_memory) {
  shaken ends;
  std::vector<std::byte> const data(100'000);
  std::vector<std::byte> into(data.size());
  auto const there = [&] {
    BOOST_TEST(no_error(blocking::send_all(ends.client, data, a_minute)));
    BOOST_TEST(no_error(blocking::receive_all(ends.server, into, a_minute)));
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
  BOOST_TEST(no_error(nonblocking::send_all(ends.client, data, retry::poll, a_minute)));
  for (auto* const each : {&received_there, &sent_there, &received_here})
    BOOST_TEST(no_error(each->result()));
  BOOST_TEST(same(there, data));
  BOOST_TEST(same(back, data));
}
