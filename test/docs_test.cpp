// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What the pages of docs/ show compiles; what can be run without a network is run. (`layout.readme` compares
// the text. The pairs of docs/instead.md stand in docs/instead.cpp.)

#include <unistd.h>

#include <boost/asio/io_context.hpp>
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
