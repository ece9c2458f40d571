// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What README.md shows of the three ways compiles, and does what it says. (`layout.readme` compares the
// text.)

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>
#include <iostream>
#include <peer.hpp>
#include <trivium/trivium.hpp>

#include "transports.hpp"

using namespace std::chrono_literals;
using boost::asio::use_awaitable;

namespace {

void other_work() {}

// The name of the README is this machine's here.
struct somewhere {
  trivium::socket listening = trivium::listen(trivium::endpoint::tcp("127.0.0.1", 0).value()).value();
  std::string host = "127.0.0.1";
  std::string port = std::to_string(listening.local_endpoint().value().port());
};

boost::asio::awaitable<void> as_shown(somewhere& there_is, boost::asio::io_context& io,
                                      std::string const& data, std::stop_token stop_token) {
  auto const& [listening, host, port] = there_is;
  // page begins here
  using boost::asio::buffer;

  auto peer =
      trivium::blocking::connect(host, port, {.timeout = 5s}).value();  // a trivium::socket; no event loop

  trivium::transfer_result sent;
  sent = trivium::blocking::send_all(peer, buffer(data), {.timeout = 30s, .stop = stop_token});

  sent = trivium::nonblocking::send_some(peer, buffer(data));  // one attempt
  sent = trivium::nonblocking::send_all(peer, buffer(data), trivium::retry::call([&] { other_work(); }),
                                        {.stall_timeout = 10s});

  trivium::transfer upload{
      peer, trivium::sending(buffer(data)), {.stall_timeout = 10s}};  // in a loop of your own
  while (upload.advance() == trivium::progress::pending) other_work();
  sent = upload.result();

  trivium::stream there{std::move(peer), io.get_executor()};  // now it has an event loop
  sent = co_await trivium::async::send_all(there, buffer(data), {.timeout = 30s, .stop = stop_token},
                                           use_awaitable);
  trivium::async::send_all(there, buffer(data), {.timeout = 30s},
                           [](trivium::transfer_result result) { std::cout << result.bytes << " bytes\n"; });

  if (sent.error) std::cerr << sent.error.message() << " after exactly " << sent.bytes << " bytes\n";
  // page ends here
  BOOST_TEST(!sent.error);
  co_await boost::asio::post(io, use_awaitable);  // the handler's turn, while `there` lives
  there.close();
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_the_readme_shows_sends_every_byte) {
  somewhere here;
  boost::asio::io_context io;
  std::string const data(100'000, 'x');
  trivium::socket far;
  std::thread accepts{[&] { far = trivium::blocking::accept(here.listening).value(); }};
  std::stop_source source;

  std::vector<std::byte> seen;
  auto done =
      boost::asio::co_spawn(io, as_shown(here, io, data, source.get_token()), boost::asio::use_future);
  std::thread reads{[&] {
    accepts.join();
    trivium::test::reading_peer peer{far};
    seen = peer.seen();
  }};
  io.run();
  reads.join();
  done.get();
  BOOST_TEST(seen.size() == 6 * data.size());
}

// "The connection may be a trivium::socket, a trivium::stream, or any Asio stream socket that you already
// own."
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
