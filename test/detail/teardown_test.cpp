// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/detail/teardown.hpp>

#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <joined.hpp>
#include <memory>
#include <optional>
#include <printing.hpp>
#include <trivium/stream.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using role = boost::beast::role_type;

static_assert(detail::tearing_down<stream>::client == role::client);
static_assert(detail::tearing_down<stream>::server == role::server);

namespace {

struct ending : joined {
  int const descriptor = far.native_handle();
  error_code error;

  // 0: our end of file; -1: nothing of the kind yet.
  auto far_reads() {
    char byte;
    return ::recv(descriptor, &byte, 1, MSG_DONTWAIT);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_server_ends_its_sending_first, ending) {
  near.set_timeout(1ms);
  teardown(role::server, near, error);  // the client does not end
  BOOST_TEST(error == asio::error::timed_out);
  BOOST_TEST(near.is_open());
  BOOST_TEST(far_reads() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_client_ends_its_sending_when_it_has_seen_the_servers_end, ending) {
  near.set_timeout(1ms);
  teardown(role::client, near, error);
  BOOST_TEST(error == asio::error::timed_out);
  BOOST_TEST(far_reads() == -1);
  BOOST_REQUIRE(::shutdown(descriptor, SHUT_WR) == 0);
  teardown(role::client, near, error);
  BOOST_TEST(no_error(error));
  BOOST_TEST(!near.is_open());
  BOOST_TEST(far_reads() == 0);
}

// A close with unread bytes would be a reset.
BOOST_FIXTURE_TEST_CASE(what_the_peer_still_sends_is_dropped_and_it_sees_a_clean_end, ending) {
  std::vector<char> const much(100'000);
  BOOST_REQUIRE(::send(descriptor, much.data(), much.size(), 0) == static_cast<ssize_t>(much.size()));
  BOOST_REQUIRE(::shutdown(descriptor, SHUT_WR) == 0);
  teardown(role::server, near, error);
  BOOST_TEST(no_error(error));
  BOOST_TEST(!near.is_open());
  BOOST_TEST(far_reads() == 0);
}

BOOST_FIXTURE_TEST_CASE(the_asynchronous_form_does_the_same, ending) {
  std::optional<error_code> told;
  async_teardown(role::client, near, [&](error_code why) { told = why; });
  io.poll();
  BOOST_TEST(!told.has_value());
  std::vector<char> const much(100'000);
  BOOST_REQUIRE(::send(descriptor, much.data(), much.size(), 0) == static_cast<ssize_t>(much.size()));
  BOOST_REQUIRE(::shutdown(descriptor, SHUT_WR) == 0);
  run();
  BOOST_REQUIRE(told.has_value());
  BOOST_TEST(no_error(*told));
  BOOST_TEST(!near.is_open());
  BOOST_TEST(far_reads() == 0);
}

// Its first read has ended at once, and is told later.
BOOST_FIXTURE_TEST_CASE(a_stream_that_is_gone_between_two_reads_ends_it, ending) {
  auto there = std::make_unique<stream>(std::move(near));
  std::optional<error_code> told;
  far_sends("x");
  async_teardown(role::client, *there, [&](error_code why) { told = why; });
  there.reset();
  io.run();
  BOOST_REQUIRE(told.has_value());
  BOOST_TEST(*told == asio::error::operation_aborted);
}

BOOST_FIXTURE_TEST_CASE(a_reset_is_told, ending) {
  linger const at_once{.l_onoff = 1, .l_linger = 0};
  BOOST_REQUIRE(::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0);
  far.close();
  teardown(role::server, near, error);
  BOOST_TEST(error == asio::error::connection_reset);
}
