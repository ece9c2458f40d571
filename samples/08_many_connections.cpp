// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// 08_many_connections PORT [--loops LOOPS] [--idle SECONDS]
//
// Many connections at once: an echo server on a trivium::reactor with LOOPS event loops (1; 0: one for each
// processor). Each connection is a coroutine and stays on one loop, so no locks are needed. Ctrl-C ends the
// server. Try it with `nc 127.0.0.1 PORT`. A program that already has an io_context uses that instead:
// co_spawn(io, serve(...), ...), io.run().

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <csignal>
#include <iostream>
#include <span>
#include <string>
#include <trivium/async.hpp>
#include <trivium/listener.hpp>
#include <trivium/reactor.hpp>
#include <trivium/stream.hpp>
#include <vector>

#include "arguments.hpp"

using boost::asio::awaitable;
using boost::asio::use_awaitable;
using seconds = std::chrono::duration<double>;

// Prints a line with one write, so that lines from several loops are not mixed.
void say(std::string const& line) {
  std::cout << line + '\n' << std::flush;
}

awaitable<void> echo(trivium::stream peer, std::string who, seconds idle) {
  std::vector<char> buffer(1 << 16);
  std::size_t bytes = 0;
  for (;;) {
    auto const received =
        co_await trivium::async::receive_some(peer, buffer, {.timeout = idle}, use_awaitable);
    if (received.error == trivium::errc::end_of_file) break;
    if (received.error) co_return say("lost " + who + ": " + received.error.message());

    auto const back = std::span{buffer}.first(received.bytes);
    auto const sent = co_await trivium::async::send_all(peer, back, {.stall_timeout = idle}, use_awaitable);
    bytes += sent.bytes;
    if (sent.error)
      co_return say("lost " + who + " after " + std::to_string(bytes) + ": " + sent.error.message());
  }
  auto const finished = co_await trivium::async::finish(peer, {.timeout = idle}, use_awaitable);
  if (finished.error) co_return say("lost " + who + " at its end: " + finished.error.message());
  say(who + " got " + std::to_string(bytes) + " bytes back");
}

// If descriptors are exhausted, the accept waits until a connection has ended. So an error here is one of the
// listener's own.
awaitable<void> serve(trivium::reactor& loops, trivium::listener listening, seconds idle) {
  for (;;) {
    auto connected = co_await trivium::async::accept(listening, use_awaitable);
    auto const from = connected.remote_endpoint();
    auto const who = from ? from->to_string() : "a peer that is gone";
    auto const loop = loops.get_executor();  // the next one, in rotation
    boost::asio::co_spawn(loop, echo({std::move(connected), loop}, who, idle), trivium::rethrow);
  }
}

int main(int argc, char** argv) {
  arguments const given{
      argc, argv, "PORT [--loops LOOPS] [--idle SECONDS]",
      "Listens at PORT (0: any that is free) on --loops event loops (1; 0: one for each processor).\n"
      "Drops a connection that is silent for --idle SECONDS (60)."};
  auto const at = trivium::endpoint::tcp("127.0.0.1", given.port("PORT")).value();
  auto const idle = given.seconds("--idle", 60);
  trivium::reactor_options const options{.loops = given.number<std::size_t>("--loops", 1, 0, 1024)};

  auto const failed = [&](char const* what, trivium::error_code const& why, char const* advice) {
    bool const short_of_files = why == boost::system::errc::too_many_files_open;
    std::cerr << at.to_string() << ": " << what << ": " << why.message() << "; "
              << (short_of_files ? "allow more with `ulimit -n`" : advice) << '\n';
    return 1;
  };

  try {
    trivium::reactor loops{options};
    loops.stop_on(SIGINT, SIGTERM);
    auto listening = trivium::listener::open(at, loops.get_executor());
    if (!listening)
      return failed("cannot listen", listening.error(), "choose another port (0: one that is free)");
    say("listening on " + listening->local_endpoint().value().to_string());
    auto const loop = listening->get_executor();
    boost::asio::co_spawn(loop, serve(loops, std::move(*listening), idle), trivium::rethrow);
    loops.run();
  } catch (boost::system::system_error const& failure) {
    return failed("cannot serve", failure.code(), "start again");
  } catch (std::exception const& failure) {
    std::cerr << at.to_string() << ": " << failure.what() << "; start again\n";
    return 1;
  }
  say("stopped");
}
