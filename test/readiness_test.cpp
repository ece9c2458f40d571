// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/readiness.hpp>

#include <fcntl.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>
#include <optional>
#include <string>
#include <thread>
#include <transports.hpp>
#include <trivium/async.hpp>

using namespace trivium;
using namespace trivium::test;
namespace asio = boost::asio;
using ready_for = asio::socket_base;

BOOST_AUTO_TEST_CASE(a_place_tells_when_a_descriptor_is_ready) {
  asio::io_context io;
  auto [near, far] = local_pair();
  reactor_place place{io.get_executor()};
  int told = 0;
  place.wait(near.native_handle(), ready_for::wait_read, [&](error_code error) { told += !error; });
  io.poll();
  BOOST_TEST(told == 0);
  BOOST_REQUIRE(::send(far.native_handle(), "x", 1, 0) == 1);
  io.restart();
  io.run();
  BOOST_TEST(told == 1);
}

BOOST_AUTO_TEST_CASE(leaving_ends_the_wait_and_closes_nothing) {
  asio::io_context io;
  auto [near, far] = local_pair();
  reactor_place place{io.get_executor()};
  error_code told;
  place.wait(near.native_handle(), ready_for::wait_read, [&](error_code error) { told = error; });
  place.leave();
  io.run();
  BOOST_TEST((told == asio::error::operation_aborted));
  BOOST_TEST(::fcntl(near.native_handle(), F_GETFD) != -1);
}

BOOST_AUTO_TEST_CASE(another_descriptor_takes_a_new_place) {
  asio::io_context io;
  auto [one, one_far] = local_pair();
  auto [two, two_far] = local_pair();
  reactor_place place{io.get_executor()};
  bool told = false;
  place.wait(one.native_handle(), ready_for::wait_write, [](error_code) {});
  io.run();
  BOOST_REQUIRE(::send(two_far.native_handle(), "x", 1, 0) == 1);
  place.wait(two.native_handle(), ready_for::wait_read, [&](error_code error) { told = !error; });
  io.restart();
  io.run();
  BOOST_TEST(told);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_waited_for_is_an_error_and_not_inside_the_call) {
  asio::io_context io;
  reactor_place place{io.get_executor()};
  trivium::socket file{::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)};  // epoll takes no files
  std::optional<error_code> told;
  std::thread::id teller;
  place.wait(file.native_handle(), ready_for::wait_read, [&](error_code error) {
    told = error;
    teller = std::this_thread::get_id();
  });
  BOOST_TEST(!told.has_value());
  io.run();  // by whose thread it is told
  BOOST_REQUIRE(told.has_value());
  BOOST_TEST(told->failed());
  BOOST_TEST((teller == std::this_thread::get_id()));
}

BOOST_AUTO_TEST_CASE(a_gate_lets_in_until_its_context_is_destroyed) {
  std::shared_ptr<stop_gate::state> gate;
  int entered = 0;
  {
    asio::io_context io;
    gate = stop_gate::of(io.get_executor());
    BOOST_TEST(gate == stop_gate::of(asio::any_io_executor{io.get_executor()}));
    gate->pass([&] { ++entered; });
    BOOST_TEST(entered == 1);
  }
  gate->pass([&] { ++entered; });
  BOOST_TEST(entered == 1);
}

// A stop that comes while the context is being destroyed is either heard or not; it never touches what is
// gone. (For the thread sanitizer.) The two threads meet at the start of each round, so that they race.
BOOST_AUTO_TEST_CASE(stop_while_context_is_destroyed) {
  constexpr int rounds = 400;
  std::atomic<int> at{0}, met{0};
  std::atomic<std::stop_source*> source{nullptr};
  std::thread stopper{[&] {
    for (int round = 1; round <= rounds; ++round) {
      while (at.load(std::memory_order_acquire) != round) std::this_thread::yield();
      source.load()->request_stop();
      met.store(round, std::memory_order_release);
    }
  }};
  int called = 0;
  for (int round = 1; round <= rounds; ++round) {
    std::stop_source stop;
    source = &stop;
    auto const token = stop.get_token();
    auto [near, far] = local_pair();
    std::string into(5, '?');
    {
      asio::io_context io;
      stream connection{std::move(near), io.get_executor()};
      async::receive_all(connection, into, {.timeout = std::chrono::hours{1}, .stop = token},
                         [&](transfer_result) { ++called; });
      io.poll();
      at.store(round, std::memory_order_release);
      for (int spin = 0; spin != round % 50; ++spin) io.stopped();  // a little later each time
    }
    while (met.load(std::memory_order_acquire) != round) std::this_thread::yield();
  }
  stopper.join();
  BOOST_TEST(called == 0);  // nobody ran the context after the stop
}
