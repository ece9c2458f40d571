// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What docs/limits.md shows of Beast compiles, and does what it says. (`layout.readme` compares the text.)

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <printing.hpp>

#include "layers.hpp"

namespace http = boost::beast::http;

BOOST_AUTO_TEST_CASE(what_the_page_of_the_limits_shows_of_beast_reads_an_answer) {
  asio::io_context io;
  auto [peer, far] = trivium::test::tcp_pair();
  std::stop_source source;
  auto const stop_token = source.get_token();
  boost::beast::flat_buffer buffer;
  http::response<http::string_body> answer;
  trivium::error_code error;
  std::string const all = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
  BOOST_REQUIRE(::send(far.native_handle(), all.data(), all.size(), 0) == static_cast<ssize_t>(all.size()));
  // page begins here
  trivium::stream there{std::move(peer), io.get_executor()};
  there.set_timeout(5s);                     // each wait: none, zero (never wait), or so long
  there.set_idle_timeout(60s);               // while neither direction moves
  there.set_deadline(trivium::now() + 30s);  // all of them together
  there.set_stop(stop_token);                // from any thread

  // Beast, blocking: asio::error::timed_out if the server goes silent.
  http::read(there, buffer, answer, error);
  // page ends here
  BOOST_TEST(trivium::test::no_error(error));
  BOOST_TEST(answer.body() == "hello");
}
