// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/channel.hpp>

#include <fcntl.h>

#include <boost/test/unit_test.hpp>
#include <climits>
#include <faults.hpp>
#include <printing.hpp>
#include <scripted_time.hpp>
#include <string>
#include <transports.hpp>

using namespace trivium;
using namespace trivium::test;
using outcome = attempt::outcome;

namespace {

iovec piece(std::string& text) {
  return {text.data(), text.size()};
}
bool is_nonblocking(trivium::socket const& of) {
  return (::fcntl(of.native_handle(), F_GETFL) & O_NONBLOCK) != 0;
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_attempt_moves_what_was_asked) {
  auto [near, far] = local_pair();
  std::string text = "hello", back(5, '?');
  iovec const one[] = {piece(text)};
  iovec into[] = {piece(back)};
  auto const sent = descriptor_channel{near.native_handle()}.send(one, may_block::no);
  BOOST_TEST(sent.what == outcome::moved);
  BOOST_TEST(sent.bytes == 5u);
  BOOST_TEST(sent.calls == 1u);
  auto const received = descriptor_channel{far.native_handle()}.receive(into, may_block::no);
  BOOST_TEST(received.what == outcome::moved);
  BOOST_TEST(back == "hello");
}

BOOST_AUTO_TEST_CASE(several_pieces_are_one_system_call) {
  auto [near, far] = local_pair();
  std::string a = "to be ", b = "or not", c(3, '?'), d(9, '?');
  iovec const from[] = {piece(a), piece(b)};
  iovec into[] = {piece(c), piece(d)};
  faults seam;
  BOOST_TEST(descriptor_channel{near.native_handle()}.send(from, may_block::no).bytes == 12u);
  BOOST_TEST(descriptor_channel{far.native_handle()}.receive(into, may_block::no).bytes == 12u);
  BOOST_TEST(c + d == "to be or not");
  BOOST_TEST(seam.all == 2u);
}

BOOST_AUTO_TEST_CASE(a_short_count_would_block_with_its_bytes_and_says_for_what_to_wait) {
  auto [near, far] = local_pair();
  std::string text = "abc", back(10, '?');
  iovec const one[] = {piece(text)};
  iovec into[] = {piece(back)};
  BOOST_TEST(descriptor_channel{near.native_handle()}.send(one, may_block::no).bytes == 3u);
  auto const received = descriptor_channel{far.native_handle()}.receive(into, may_block::no);
  BOOST_TEST(received.what == outcome::would_block);
  BOOST_TEST(received.bytes == 3u);
  BOOST_TEST(received.waits_for.descriptor == far.native_handle());
  BOOST_TEST(received.waits_for.until == readiness::readable);
}

// The descriptor is one that sleeps; the call is not.
BOOST_AUTO_TEST_CASE(it_never_sleeps_and_leaves_the_descriptor_as_it_is) {
  for (auto make : {tcp_pair, local_pair}) {
    auto [near, far] = make(16 * 1024);
    std::string text(1 << 20, 'x'), back(1, '?');
    iovec const one[] = {piece(text)};
    iovec into[] = {piece(back)};
    descriptor_channel channel{near.native_handle()};
    attempt sent;
    do sent = channel.send(one, may_block::no);
    while (sent.bytes != 0);
    BOOST_TEST(sent.what == outcome::would_block);
    BOOST_TEST(sent.waits_for.until == readiness::writable);
    auto const received = channel.receive(into, may_block::no);
    BOOST_TEST(received.what == outcome::would_block);
    BOOST_TEST(received.bytes == 0u);
    BOOST_TEST(!is_nonblocking(near));
  }
}

BOOST_AUTO_TEST_CASE(the_peers_end_fails_with_end_of_file_each_time) {
  auto [near, far] = local_pair();
  far.close();
  std::string back(1, '?');
  iovec into[] = {piece(back)};
  for (int i = 0; i != 3; ++i) {
    auto const received = descriptor_channel{near.native_handle()}.receive(into, may_block::no);
    BOOST_TEST(received.what == outcome::failed);
    BOOST_TEST(received.error == errc::end_of_file);
  }
}

// A SIGPIPE would end this program.
BOOST_AUTO_TEST_CASE(a_peer_that_is_gone_is_an_error_and_no_signal) {
  auto [near, far] = local_pair();
  far.close();
  std::string text = "abc";
  iovec const one[] = {piece(text)};
  iovec const two[] = {piece(text), piece(text)};
  BOOST_TEST(descriptor_channel{near.native_handle()}.send(one, may_block::no).error.value() == EPIPE);
  BOOST_TEST(descriptor_channel{near.native_handle()}.send(two, may_block::no).error.value() == EPIPE);
}

BOOST_AUTO_TEST_CASE(an_interruption_says_ask_again) {
  auto [near, far] = local_pair();
  std::string text = "abc";
  iovec const one[] = {piece(text)};
  faults seam{[](moving_call const&) { return fault{.error = EINTR}; }};
  auto const sent = descriptor_channel{near.native_handle()}.send(one, may_block::no);
  BOOST_TEST(sent.what == outcome::again);
  BOOST_TEST(sent.bytes == 0u);
}

BOOST_AUTO_TEST_CASE(queued_is_what_the_peer_has_not_taken) {
  auto [near, far] = local_pair();
  descriptor_channel channel{near.native_handle()};
  BOOST_TEST(channel.queued() == 0u);
  std::string text = "abc", back(3, '?');
  iovec const one[] = {piece(text)};
  iovec into[] = {piece(back)};
  BOOST_TEST(channel.send(one, may_block::no).bytes == 3u);
  BOOST_TEST(channel.queued() > 0u);
  BOOST_TEST(descriptor_channel{far.native_handle()}.receive(into, may_block::no).bytes == 3u);
  BOOST_TEST(channel.queued() == 0u);
}

BOOST_AUTO_TEST_CASE(queued_is_nothing_where_it_cannot_be_told) {
  BOOST_TEST(descriptor_channel{-1}.queued() == 0u);
}

BOOST_AUTO_TEST_CASE(poll_is_given_the_milliseconds_that_are_left_rounded_up_whatever_is_due) {
  using namespace std::chrono_literals;
  scripted_time time;
  BOOST_TEST(poll_timeout(time_point::max()) == -1);
  BOOST_TEST(poll_timeout(time_point::max() - 1ns) == INT_MAX);
  BOOST_TEST(poll_timeout(time.now + 2ms) == 2);
  BOOST_TEST(poll_timeout(time.now + 1ns) == 1);
  BOOST_TEST(poll_timeout(time.now) == 0);
  BOOST_TEST(poll_timeout(time.now - 1h) == 0);
  BOOST_TEST(poll_timeout(time_point::min()) == 0);
}
