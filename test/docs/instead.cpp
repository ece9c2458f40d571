// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The pairs of docs/instead.md: what a program on Asio or Beast says, and what it says here. Both halves
// compile; what can be run without a network is run.

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/test/unit_test.hpp>
#include <iostream>
#include <peer.hpp>
#include <printing.hpp>
#include <stop_token>
#include <string>
#include <thread>
#include <transports.hpp>
#include <trivium/trivium.hpp>
#include <vector>
#ifdef TRIVIUM_TLS
#include <boost/asio/ssl.hpp>
#include <trivium/tls/stream.hpp>
#endif

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::asio::awaitable;
using boost::asio::use_awaitable;
using boost::asio::ip::tcp;

namespace before {

// page begins here
std::size_t read_within(asio::io_context& io, tcp::socket& peer, asio::mutable_buffer into,
                        boost::system::error_code& error) {
  std::size_t bytes = 0;
  asio::async_read(peer, into, [&](boost::system::error_code ended, std::size_t read) {
    error = ended;
    bytes = read;
  });
  io.restart();
  io.run_for(5s);
  if (!io.stopped()) {
    peer.close();  // the handler is invoked with operation_aborted
    io.run();
  }
  return bytes;
}
// page ends here

std::size_t stopped_from_another_thread(tcp::socket& peer, std::string const& data,
                                        std::stop_token const& stop) {
  boost::system::error_code error;
  // page begins here
  // Another thread may not use the socket, and asio::write does not look at a flag: shutdown(2) ends the
  // wait, and the connection.
  std::stop_callback const ends{stop, [&] { ::shutdown(peer.native_handle(), SHUT_RDWR); }};
  auto const bytes = asio::write(peer, asio::buffer(data), error);
  // page ends here
  return bytes;
}

void serve(tcp::socket) {}

// page begins here
void accept_next(tcp::acceptor& acceptor, asio::steady_timer& pause) {
  acceptor.async_accept([&](boost::system::error_code error, tcp::socket peer) {
    if (error == asio::error::no_descriptors) {  // at once again it would be the same: the loop would spin
      pause.expires_after(100ms);
      pause.async_wait([&](boost::system::error_code cancelled) {
        if (!cancelled) accept_next(acceptor, pause);
      });
      return;
    }
    if (!error) serve(std::move(peer));
    accept_next(acceptor, pause);
  });
}
// page ends here

// page begins here
awaitable<void> read_or_give_up(tcp::socket& peer, std::vector<char>& into) {
  using namespace asio::experimental::awaitable_operators;
  asio::steady_timer timer{peer.get_executor(), 5s};
  auto const first =
      co_await (asio::async_read(peer, asio::buffer(into), use_awaitable) || timer.async_wait(use_awaitable));
  if (first.index() == 1) std::cerr << "timed out; how much was read is dropped\n";
}
// page ends here

tcp::socket connects(asio::io_context& io, std::string const& host, std::string const& port) {
  boost::system::error_code error;
  // page begins here
  tcp::resolver resolver{io};
  tcp::socket peer{io};
  asio::connect(peer, resolver.resolve(host, port), error);  // one address after the other
  // page ends here
  return peer;
}

#ifdef TRIVIUM_TLS
std::size_t tls_without_a_wait(asio::ssl::stream<tcp::socket>& tls, std::string const& data) {
  boost::system::error_code error;
  // page begins here
  tls.next_layer().non_blocking(true);
  auto const bytes = tls.write_some(asio::buffer(data), error);
  if (error == asio::error::would_block) tls.next_layer().close();  // the record that was made is lost
  // page ends here
  return bytes;
}
#endif

void an_exchange(asio::io_context& io, tcp::resolver::results_type const& addresses,
                 http::request<http::empty_body> const& request,
                 http::response<http::string_body>& response) {
  boost::system::error_code error;
  beast::flat_buffer buffer;
  // page begins here
  beast::tcp_stream stream{io};
  stream.expires_after(30s);  // heeded by the asynchronous calls, and not by these
  stream.connect(addresses, error);
  http::write(stream, request, error);
  http::read(stream, buffer, response, error);  // waits as long as the server is silent
  // page ends here
}

std::size_t sends_pieces(tcp::socket& peer, std::vector<std::string> const& lines) {
  boost::system::error_code error;
  // page begins here
  std::vector<asio::const_buffer> pieces;
  for (auto const& line : lines) pieces.push_back(asio::buffer(line));
  auto const bytes = asio::write(peer, pieces, error);  // at most 64 pieces and 64 KiB a system call
  // page ends here
  return bytes;
}

void ends(tcp::socket& peer, std::string const& data) {
  boost::system::error_code error;
  // page begins here
  asio::write(peer, asio::buffer(data), error);
  peer.shutdown(tcp::socket::shutdown_send, error);
  peer.close(error);  // returns while bytes are queued; that a reset drops them is reported nowhere
  // page ends here
}

void other_work() {}

std::size_t sends_meanwhile(tcp::socket& peer, std::string const& data) {
  // page begins here
  boost::system::error_code error;
  asio::const_buffer left = asio::buffer(data);
  peer.non_blocking(true);
  while (left.size() != 0) {
    left += peer.write_some(left, error);
    if (error == asio::error::would_block)
      other_work();
    else if (error)
      break;
  }
  auto const bytes = data.size() - left.size();
  // page ends here
  return bytes;
}

}  // namespace before

namespace after {

trivium::transfer_result read_within(trivium::socket& peer, std::vector<char>& into) {
  // page begins here
  auto const received = trivium::blocking::receive_all(peer, into, {.timeout = 5s});
  // page ends here
  return received;
}

trivium::transfer_result stopped_from_another_thread(trivium::socket& peer, std::string const& data,
                                                     std::stop_token const& stop) {
  // page begins here
  auto const sent = trivium::blocking::send_all(peer, data, {.stop = stop});
  if (sent.error == trivium::errc::stopped) std::cerr << "stopped after " << sent.bytes << " bytes\n";
  // page ends here
  return sent;
}

void serve(trivium::stream) {}

// page begins here
awaitable<void> accept_all(trivium::listener& listening) {
  for (;;) {
    auto peer = co_await trivium::async::accept(listening, use_awaitable);  // waits until there is room
    serve({std::move(peer), listening.get_executor()});
  }
}
// page ends here

// page begins here
awaitable<void> read_or_give_up(trivium::stream& peer, std::vector<char>& into) {
  auto const received = co_await trivium::async::receive_all(peer, into, {.timeout = 5s}, use_awaitable);
  if (received.error == trivium::errc::timed_out) std::cerr << "timed out after " << received.bytes << '\n';
}
// page ends here

trivium::result<trivium::socket> connects(std::string const& host, std::string const& port) {
  // page begins here
  std::vector<trivium::connect_attempt> attempts;
  auto peer = trivium::blocking::connect(host, port, {.timeout = 5s}, {.attempts = &attempts});
  if (!peer)
    for (auto const& each : attempts)
      std::cerr << each.to.to_string() << ": " << each.error.message() << '\n';
  // page ends here
  return peer;
}

#ifdef TRIVIUM_TLS
trivium::transfer_result tls_without_a_wait(trivium::tls_session& tls, std::string const& data) {
  // page begins here
  auto const sent = trivium::nonblocking::send_some(tls, data);
  if (sent.error == trivium::errc::would_block) std::cerr << "nothing was taken: again later\n";
  // page ends here
  return sent;
}
#endif

void an_exchange(asio::io_context& io, tcp::resolver::results_type const& addresses,
                 http::request<http::empty_body> const& request,
                 http::response<http::string_body>& response) {
  boost::system::error_code error;
  beast::flat_buffer buffer;
  // page begins here
  trivium::stream stream{io};
  stream.expires_after(30s);  // all that follows has 30 s together
  stream.connect(addresses, error);
  http::write(stream, request, error);
  http::read(stream, buffer, response, error);  // asio::error::timed_out after 30 s
  // page ends here
}

trivium::transfer_result sends_pieces(trivium::socket& peer, std::vector<std::string> const& lines) {
  // page begins here
  auto const sent =
      trivium::blocking::send_all(peer, lines);  // at most IOV_MAX pieces and 4 MiB a system call
  // page ends here
  return sent;
}

trivium::transfer_result ends(trivium::socket& peer, std::string const& data) {
  // page begins here
  auto const sent = trivium::blocking::send_all(peer, data, {.timeout = 30s});
  auto const finished = trivium::blocking::finish(peer, {.timeout = 30s});
  if (finished.error) std::cerr << finished.bytes << " bytes are not acknowledged\n";
  // page ends here
  return sent.error ? sent : finished;
}

void other_work() {}

trivium::transfer_result sends_meanwhile(trivium::socket& peer, std::string const& data) {
  // page begins here
  auto const sent = trivium::nonblocking::send_all(peer, data, trivium::retry::call(other_work));
  // page ends here
  return sent;
}

}  // namespace after

BOOST_AUTO_TEST_CASE(what_the_page_shows_instead_sends_every_byte) {
  auto [near, far] = trivium::test::tcp_pair();
  std::vector<std::string> const lines(5000, "twelve bytes");
  std::string const data(1'000'000, 'x');
  std::stop_source source;
  {
    trivium::test::reading_peer peer{far};
    BOOST_TEST(after::sends_pieces(near, lines).value() == 60'000u);
    BOOST_TEST(after::sends_meanwhile(near, data).value() == data.size());
    BOOST_TEST(after::stopped_from_another_thread(near, data, source.get_token()).value() == data.size());
    BOOST_TEST(after::ends(near, data).value() == 0u);
    near.close();
    BOOST_TEST(peer.seen().size() == 3'060'000u);
  }
}

BOOST_AUTO_TEST_CASE(a_stop_that_was_asked_for_before_sends_nothing) {
  auto [near, far] = trivium::test::tcp_pair();
  std::stop_source source;
  source.request_stop();
  auto const sent = after::stopped_from_another_thread(near, "data", source.get_token());
  BOOST_TEST(sent.error == trivium::errc::stopped);
  BOOST_TEST(sent.bytes == 0u);
}
