// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/detail/rebound.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>
#include <joined.hpp>
#include <optional>
#include <string>
#include <trivium/async.hpp>
#include <trivium/listener.hpp>
#include <trivium/reactor.hpp>
#include <trivium/stream.hpp>
#include <utility>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

BOOST_AUTO_TEST_CASE(a_default_token_is_taken_where_none_is_given) {
  asio::io_context io;
  auto ends = tcp_pair();
  auto near = asio::use_awaitable_t<>::as_default_on(stream{std::move(ends.first), io.get_executor()});
  auto at = asio::use_awaitable_t<>::as_default_on(
      listener::open(endpoint::tcp("127.0.0.1", 0).value(), io.get_executor()).value());
  into_far{ends.second}(hello);
  std::string into(5, '?');
  bool accepted = false;
  transfer_result sent, received;
  std::size_t read = 0;
  asio::co_spawn(
      io,
      [&]() -> asio::awaitable<void> {
        sent = co_await async::send_all(near, hello);
        received = co_await async::receive_all(near, into, {.timeout = 60s});
        into_far{ends.second}("x");
        read = co_await near.async_read_some(asio::buffer(into));
        auto const caller = blocking::connect(at.local_endpoint().value()).value();
        accepted = (co_await async::accept(at)).is_open();
        co_await near.async_wait(asio::socket_base::wait_write);
      },
      rethrow);
  io.run();
  BOOST_TEST(sent.bytes == 5u);
  BOOST_TEST(received.bytes == 5u);
  BOOST_TEST(read == 1u);
  BOOST_TEST(accepted);
}

BOOST_AUTO_TEST_CASE(as_error_is_a_default_token_too) {
  asio::io_context io;
  auto ends = tcp_pair();
  using token = as_error_t<asio::deferred_t>;
  auto near = token::as_default_on(stream{std::move(ends.first), io.get_executor()});
  std::optional<std::pair<error_code, std::size_t>> told;
  async::send_all(near,
                  hello)([&](error_code error, transfer_result came) { told.emplace(error, came.bytes); });
  io.run();
  BOOST_TEST(!told.value().first);
  BOOST_TEST(told->second == 5u);
}
