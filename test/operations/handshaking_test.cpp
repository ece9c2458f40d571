// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/operations/handshaking.hpp>

#include <boost/test/unit_test.hpp>
#include <faults.hpp>
#include <printing.hpp>
#include <stop_token>
#include <transports.hpp>
#include <trivium/async.hpp>
#include <trivium/nonblocking.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;

namespace {

// Agrees after so many refusals.
class slow_to_agree final : public channel {
 public:
  explicit slow_to_agree(unsigned refusals) : refusals_{refusals} {}
  attempt send(std::span<iovec const>, may_block) noexcept override { return {}; }
  attempt receive(std::span<iovec>, may_block) noexcept override { return {}; }
  std::size_t queued() noexcept override { return 0; }
  attempt handshake() noexcept override {
    ++asked;
    if (refusals_ == 0) return {.what = attempt::outcome::done};
    --refusals_;
    return {.what = attempt::outcome::would_block, .waits_for = {7, readiness::either}};
  }
  unsigned asked = 0;

 private:
  unsigned refusals_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_descriptor_has_nothing_to_agree_on) {
  auto [near, far] = local_pair();
  boost::asio::io_context io;
  stream there{std::move(near), io.get_executor()};
  trivium::test::faults seam;
  BOOST_TEST(no_error(blocking::handshake(there)));
  BOOST_TEST(no_error(nonblocking::handshake(there)));
  std::optional<transfer_result> told;
  async::handshake(there, [&](transfer_result result) { told = result; });
  BOOST_TEST(!told.has_value());  // never inside the call
  io.run();
  BOOST_TEST(no_error(told.value()));
  BOOST_TEST(seam.all == 0u);
}

BOOST_AUTO_TEST_CASE(it_is_turned_until_both_have_agreed) {
  slow_to_agree peer{3};
  handshaking operation{peer};
  for (int i = 0; i != 3; ++i) {
    BOOST_TEST(operation.advance() == progress::pending);
    BOOST_TEST(operation.interest().until == readiness::either);
    BOOST_TEST(operation.interest().poll_events() == (POLLIN | POLLOUT));
  }
  BOOST_TEST(operation.advance() == progress::done);
  BOOST_TEST(no_error(operation.result()));
  BOOST_TEST(operation.result().bytes == 0u);
  BOOST_TEST(peer.asked == 4u);
}

BOOST_AUTO_TEST_CASE(one_that_a_limit_ended_is_followed_by_one_that_goes_on) {
  slow_to_agree peer{2};
  BOOST_TEST(nonblocking::handshake(peer).error == errc::would_block);
  BOOST_TEST(nonblocking::handshake(peer).connection_usable());
  BOOST_TEST(no_error(nonblocking::handshake(peer)));
}

BOOST_AUTO_TEST_CASE(a_stop_ends_it_before_an_attempt) {
  slow_to_agree peer{1};
  std::stop_source stop;
  stop.request_stop();
  auto const token = stop.get_token();
  BOOST_TEST(blocking::handshake(peer, {.stop = token}).error == errc::stopped);
  BOOST_TEST(peer.asked == 0u);
}

BOOST_AUTO_TEST_CASE(without_bytes_there_is_no_stall) {
  slow_to_agree peer{1};
  handshaking operation{peer, {.stall_timeout = 1ns}};
  BOOST_TEST(operation.advance() == progress::pending);
  BOOST_TEST(operation.due() == time_point::max());
}
