// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// asio::ssl::stream drops what its next layer could not write, whatever the error was. What a limit on a
// write then comes to, over a trivium::stream that was told to be final after one.

#include <algorithm>
#include <boost/asio/read.hpp>
#include <printing.hpp>

#include "layers.hpp"

namespace {

struct session : connected<asio_ssl> {
  session() { under().final_after_write_limit(); }

  // Without a word. Not by closing: what the server has sent since (TLS 1.3's tickets) would make that a
  // reset.
  void end() { under().shutdown(asio::socket_base::shutdown_send); }

  // The server's end of it: what arrives until the session ends, and how it ends.
  void server_reads_all() {
    std::string part(1 << 16, '?');
    for (error_code seen; !seen; of_server = seen) {
      auto const bytes = far.read_some(asio::buffer(part), seen);
      wrong += bytes - static_cast<std::size_t>(
                           std::count(part.begin(), part.begin() + static_cast<long>(bytes), 'x'));
      received += bytes;
    }
  }

  std::string const much = std::string(16 << 20, 'x');
  error_code error, of_server;
  std::size_t received = 0, wrong = 0;
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(after_a_limit_on_a_write_every_write_says_that_the_session_is_broken, session) {
  under().set_timeout(20ms);
  asio::write(near, asio::buffer(much), error);  // the server does not read
  BOOST_TEST(error == asio::error::timed_out);
  for (int i = 0; i != 2; ++i) {
    asio::write(near, asio::buffer(much), error);
    BOOST_TEST(error == errc::session_broken);
  }
  under().set_timeout(std::nullopt);
  asio::write(near, asio::buffer(much), error);
  BOOST_TEST(error == errc::session_broken);
  end();

  server_reads_all();
  BOOST_TEST(of_server == asio::ssl::error::stream_truncated);  // and not "bad record mac"
  BOOST_TEST(received > 0U);
  BOOST_TEST(wrong == 0U);
}

BOOST_FIXTURE_TEST_CASE(an_asynchronous_write_ends_it_as_well, session) {
  under().set_timeout(20ms);
  asio::async_write(near, asio::buffer(much), [&](error_code told, std::size_t) { error = told; });
  io.run();
  BOOST_TEST(error == asio::error::timed_out);
  asio::write(near, asio::buffer(much), error);
  BOOST_TEST(error == errc::session_broken);
  end();
  server_reads_all();
  BOOST_TEST(of_server == asio::ssl::error::stream_truncated);
  BOOST_TEST(wrong == 0U);
}

BOOST_FIXTURE_TEST_CASE(after_a_limit_on_a_read_it_goes_on_in_both_directions, session) {
  std::string into(10, '?');
  under().set_timeout(5ms);
  asio::read(near, asio::buffer(into), error);
  BOOST_TEST(error == asio::error::timed_out);
  asio::write(far, asio::buffer(std::string("0123456789")));
  asio::read(near, asio::buffer(into), error);
  BOOST_TEST(trivium::test::no_error(error));
  BOOST_TEST(into == "0123456789");
  asio::write(near, asio::buffer(std::string(1000, 'x')), error);
  BOOST_TEST(trivium::test::no_error(error));
  end();
  server_reads_all();
  BOOST_TEST(received == 1000U);
  BOOST_TEST(wrong == 0U);
}
