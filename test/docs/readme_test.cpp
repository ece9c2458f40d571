// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What README.md shows of the three ways compiles, and does what it says. (`layout.readme` compares the
// text; its first program is test/package/start/main.cpp.)

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>
#include <peer.hpp>
#include <trivium/trivium.hpp>

#include "transports.hpp"

using namespace std::chrono_literals;

namespace {

void other_work() {}

boost::asio::awaitable<trivium::transfer_result> as_shown(boost::asio::io_context& io, trivium::socket socket,
                                                          std::string const& data) {
  trivium::transfer_result sent;
  // page begins here
  trivium::stream peer{std::move(socket), io.get_executor()};
  sent = trivium::blocking::send_all(peer, data, {.timeout = 30s});
  sent = trivium::nonblocking::send_all(peer, data, trivium::retry::call(other_work), {.timeout = 30s});
  sent = co_await trivium::async::send_all(peer, data, {.timeout = 30s}, boost::asio::use_awaitable);
  // page ends here
  co_return sent;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_the_readme_shows_sends_every_byte) {
  boost::asio::io_context io;
  std::string const data(100'000, 'x');
  auto [near, far] = trivium::test::tcp_pair();
  trivium::test::reading_peer peer{far};
  auto done = boost::asio::co_spawn(io, as_shown(io, std::move(near), data), boost::asio::use_future);
  io.run();
  BOOST_TEST(done.get().value() == data.size());
  BOOST_TEST(peer.seen().size() == 3 * data.size());
}

// docs/ways.md: "The connection may be a trivium::socket, a trivium::stream, a TLS session, or any Asio
// stream socket that a program already owns."
BOOST_AUTO_TEST_CASE_TEMPLATE(
    the_three_ways_work_over_every_connection, Transport,
    decltype(std::tuple<trivium::test::tcp, trivium::test::local, trivium::test::asio_tcp,
                        trivium::test::asio_local, trivium::test::asio_generic>{})) {
  trivium::test::loopback<Transport> ends;
  std::string const data(1000, 'x');
  {
    trivium::test::reading_peer peer{ends.far};
    BOOST_TEST(trivium::blocking::send_all(ends.near, data).value() == data.size());
    BOOST_TEST(trivium::nonblocking::send_all(ends.near, data, trivium::retry::poll).value() == data.size());
    auto sent = trivium::async::send_all(ends.near, data, boost::asio::use_future);
    ends.io.run();
    BOOST_TEST(sent.get().value() == data.size());
    ends.near.close();
    BOOST_TEST(peer.seen().size() == 3 * data.size());
  }
}
