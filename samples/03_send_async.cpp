// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// 03_send_async HOST PORT [SECONDS]
//
// The same client as a coroutine: no thread waits for the connection. The event loop does whatever else was
// started on it, and resumes the coroutine when the connection is ready. Start `receive 12345` first.

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <iostream>
#include <string>
#include <trivium/async.hpp>
#include <trivium/stream.hpp>

#include "arguments.hpp"
#include "hello_python.hpp"
#include "other_work.hpp"

using boost::asio::awaitable;
using boost::asio::use_awaitable;

// The objects that the references refer to must exist until the coroutine ends. In main they exist for longer
// than the loop runs.
awaitable<int> upload(std::string const& host, std::string const& port, std::string const& data,
                      std::chrono::duration<double> timeout) {
  auto const failed = [&](std::string const& what, trivium::error_code const& why, char const* advice) {
    std::cerr << host << ':' << port << ": " << what << ": " << why.message() << "; " << advice << '\n';
    return 1;
  };

  auto const executor = co_await boost::asio::this_coro::executor;
  auto [error, connected] = co_await trivium::async::connect(executor, host, port, {.timeout = timeout},
                                                             boost::asio::as_tuple(use_awaitable));
  if (error) co_return failed("cannot connect", error, "check HOST and PORT, and that a receiver runs there");
  trivium::stream peer{std::move(connected), executor};

  auto const sent = co_await trivium::async::send_all(peer, data, {.stall_timeout = timeout}, use_awaitable);
  if (sent.error)
    co_return failed("sent exactly " + std::to_string(sent.bytes) + " bytes", sent.error,
                     "see what the receiver says");

  auto const finished = co_await trivium::async::finish(peer, {.stall_timeout = timeout}, use_awaitable);
  if (finished.error)
    co_return failed("did not take all of it", finished.error, "see what the receiver says");

  std::cout << "sent " << sent.bytes << " bytes to " << host << ':' << port << '\n';
  co_return 0;
}

awaitable<void> every_millisecond(other_work& work) {
  boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor};
  for (;;) {
    work();
    timer.expires_after(std::chrono::milliseconds{1});
    co_await timer.async_wait(use_awaitable);
  }
}

int main(int argc, char** argv) {
  arguments const given{argc, argv, "HOST PORT [SECONDS]", "Gives up when nothing goes on for SECONDS (10)."};
  auto const host = given.get("HOST");
  auto const port = given.get("PORT");
  auto const timeout = given.seconds("SECONDS", 10);
  auto const data = hello_python();

  other_work work;
  int status = 1;
  boost::asio::io_context loop;
  boost::asio::co_spawn(loop, every_millisecond(work), boost::asio::detached);
  boost::asio::co_spawn(loop, upload(host, port, data, timeout), [&](std::exception_ptr thrown, int how) {
    if (thrown) std::rethrow_exception(thrown);  // loop.run() throws it
    status = how;
    loop.stop();
  });
  loop.run();
  std::cout << work << '\n';
  return status;
}
