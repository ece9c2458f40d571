// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What the pages of docs/ show compiles; what can be run without a network is run. (`layout.readme` compares
// the text. The pairs of docs/instead.md stand in docs/instead.cpp.)

#include <sys/ioctl.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <trivium/trivium.hpp>
#include <vector>

using namespace std::chrono_literals;
namespace asio = boost::asio;
using boost::asio::awaitable;
using boost::asio::use_awaitable;

namespace shown {

// docs/lifetimes.md

// page begins here
awaitable<void> echo(trivium::stream peer) {  // by value: the coroutine owns the connection
  std::vector<char> buffer(65536);            // and the memory
  for (;;) {
    auto const received =
        co_await trivium::async::receive_some(peer, buffer, {.timeout = 60s}, use_awaitable);
    if (received.error) co_return;
    auto const back = std::span{buffer}.first(received.bytes);
    auto const sent = co_await trivium::async::send_all(peer, back, {.timeout = 60s}, use_awaitable);
    if (sent.error) co_return;
  }
}
// page ends here

void with_a_handler(trivium::stream& peer, std::string text) {
  // page begins here
  auto const data = std::make_shared<std::string>(std::move(text));  // the handler owns the memory
  trivium::async::send_all(peer, *data, {.timeout = 30s}, [data](trivium::transfer_result sent) {
    if (sent.error) std::cerr << sent.error.message() << '\n';
  });
  // page ends here
}

// docs/lacks.md

std::size_t what_a_stream_lacks(asio::io_context& io, trivium::stream& there, int descriptor,
                                std::span<char> into) {
  // page begins here
  trivium::stream taken{trivium::socket{descriptor}, io.get_executor()};     // assign
  trivium::stream accepted{asio::ip::tcp::socket{io, asio::ip::tcp::v4()}};  // from a socket of Asio's
  asio::ip::tcp::socket back = accepted.release_socket();                    // and back
  int waiting = 0;
  ::ioctl(there.native_handle(), FIONREAD, &waiting);                                   // io_control
  auto const seen = ::recv(there.native_handle(), into.data(), into.size(), MSG_PEEK);  // flags
  // page ends here
  back.close();
  return seen < 0 ? 0 : static_cast<std::size_t>(seen);
}

// docs/errors.md

void which_error(trivium::transfer_result const& result, void (*at_the_end)()) {
  // page begins here
  if (result.error == trivium::errc::end_of_file) at_the_end();
  if (trivium::as_asio_error(result.error) == asio::error::eof) at_the_end();
  // page ends here
}

// docs/fork.md

void forks(asio::io_context& io, void (*child)(), void (*parent)()) {
  // page begins here
  io.notify_fork(boost::asio::io_context::fork_prepare);
  if (fork() == 0) {
    io.notify_fork(boost::asio::io_context::fork_child);  // now it has an epoll set of its own
    child();
  } else {
    io.notify_fork(boost::asio::io_context::fork_parent);
    parent();
  }
  // page ends here
}

}  // namespace shown

BOOST_AUTO_TEST_CASE(an_end_of_file_is_seen_by_either_comparison) {
  static int ends = 0;
  shown::which_error({.error = trivium::errc::end_of_file}, [] { ++ends; });
  BOOST_TEST(ends == 2);
}

// docs/lacks.md, where the compiler can see it.
template <class Stream>
concept at_mark = requires(Stream& there) {
  there.at_mark();
};
template <class Stream>
concept named_types = requires {
  typename Stream::protocol_type;
  typename Stream::endpoint_type;
  typename Stream::native_handle_type;
};
template <class Stream>
concept endpoints_with_an_error = requires(Stream& there, boost::system::error_code& error) {
  there.local_endpoint(error);
  there.remote_endpoint(error);
};
template <class Stream>
concept asynchronous_flags = requires(Stream& there, asio::const_buffer from) {
  there.async_send(from, 0, use_awaitable);
};
template <class Stream>
concept made_of_a_protocol = std::is_constructible_v<Stream, asio::io_context&, asio::ip::tcp>;
template <class Stream>
concept made_of_an_endpoint = std::is_constructible_v<Stream, asio::io_context&, asio::ip::tcp::endpoint>;

BOOST_AUTO_TEST_CASE(a_stream_lacks_what_the_page_says) {
  using asios = asio::ip::tcp::socket;
  static_assert(at_mark<asios> && !at_mark<trivium::stream>);
  static_assert(named_types<asios> && !named_types<trivium::stream>);
  static_assert(endpoints_with_an_error<asios> && !endpoints_with_an_error<trivium::stream>);
  static_assert(asynchronous_flags<asios> && !asynchronous_flags<trivium::stream>);
  static_assert(made_of_a_protocol<asios> && !made_of_a_protocol<trivium::stream>);
  static_assert(made_of_an_endpoint<asios> && !made_of_an_endpoint<trivium::stream>);
}
