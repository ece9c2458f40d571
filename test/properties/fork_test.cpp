// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// fork(2) while connections are registered in an event loop: the child shares the epoll set of its parent
// until it tells the context (notify_fork), and what it does with its copies is no news to the parent.

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>
#include <child.hpp>
#include <functional>
#include <joined.hpp>
#include <memory>
#include <optional>
#include <printing.hpp>
#include <string>
#include <trivium/async.hpp>
#include <trivium/listener.hpp>
#include <trivium/stream.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

struct pending : with_room {
  std::optional<stream> held{std::move(near)};
  std::optional<transfer_result> told;

  void begin() {
    async::receive_all(*held, into, [this](transfer_result came) { told = came; });
    io.poll();
  }
  void is_told() {
    far_sends(hello);
    io.restart();
    while (!told && io.run_one_for(60s) != 0) {
    }
    BOOST_TEST(told.value().bytes == 5u);
    BOOST_TEST(no_error(*told));
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(what_a_child_does_with_its_copy_of_a_stream_is_no_news_to_the_parent) {
  std::function<bool(pending&)> const deeds[] = {
      [](pending& of) { return of.held->close(), true; },
      [](pending& of) { return of.held.reset(), true; },
      [](pending& of) { return stream{std::move(*of.held)}.is_open(); },
      [](pending& of) {
        int const number = of.held->native_handle();
        auto const given_back = of.held->release();  // as usable as before, at its number
        return given_back.native_handle() == number && ::send(number, "x", 0, MSG_NOSIGNAL) == 0;
      },
      [](pending& of) { return of.held->cancel(), true; },
  };
  for (auto const& deed : deeds) {
    pending of;
    of.begin();
    BOOST_TEST(holds_in_child([&] { return deed(of); }));
    of.is_told();
  }
}

BOOST_AUTO_TEST_CASE(parent_and_child_go_on_each_with_its_own_where_the_child_tells_its_context) {
  pending of;
  of.begin();
  auto ends = tcp_pair();
  stream of_child{std::move(ends.first), of.io.get_executor()};
  std::string into(5, '?');
  std::optional<transfer_result> told;
  async::receive_all(of_child, into, [&](transfer_result came) { told = came; });
  of.io.poll();
  of.io.notify_fork(asio::io_context::fork_prepare);
  BOOST_TEST(holds_in_child([&] {
    of.io.notify_fork(asio::io_context::fork_child);
    of.held.reset();  // the parent's
    into_far{ends.second}(hello);
    of.io.restart();
    while ((!told || !of.told) && of.io.run_one_for(60s) != 0) {
    }
    return told && told->bytes == 5 && of.told && of.told->error == errc::stopped;
  }));
  of.io.notify_fork(asio::io_context::fork_parent);
  of.is_told();
}

// A server that opens its listener first, to tell errors at the terminal, and then becomes a daemon.
BOOST_AUTO_TEST_CASE(a_daemon_goes_on_with_the_listener_that_its_parent_opened_and_left) {
  asio::io_context io;
  auto at = listener::open(endpoint::tcp("127.0.0.1", 0).value(), io.get_executor()).value();
  std::optional<error_code> told;
  async::accept(at, [&](error_code error, trivium::socket) { told = error; });
  io.poll();
  auto const to = at.local_endpoint().value();
  io.notify_fork(asio::io_context::fork_prepare);
  BOOST_TEST(holds_in_child([&] {
    io.notify_fork(asio::io_context::fork_child);
    auto const caller = blocking::connect(to, {.timeout = 60s});
    io.restart();
    io.run_for(60s);
    return caller.has_value() && told && !*told;
  }));
  io.notify_fork(asio::io_context::fork_parent);
}

BOOST_AUTO_TEST_CASE(of_three_callers_each_is_accepted_though_a_child_closes_its_copy_of_the_listener) {
  asio::io_context io;
  auto at = std::make_unique<listener>(
      listener::open(endpoint::tcp("127.0.0.1", 0).value(), io.get_executor()).value());
  int accepted = 0;
  std::function<void()> next = [&] {
    async::accept(*at, [&](error_code error, trivium::socket) {
      BOOST_TEST(no_error(error));
      if (++accepted != 3) next();
    });
  };
  next();
  io.poll();
  BOOST_TEST(holds_in_child([&] { return at.reset(), true; }));
  for (int i = 0; i != 3; ++i) {
    auto const caller = blocking::connect(at->local_endpoint().value(), {.timeout = 60s});
    BOOST_TEST(caller.has_value());
    io.restart();
    io.run_one_for(60s);
    io.poll();
  }
  BOOST_TEST(accepted == 3);
}
