// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/detail/async/stop_gate.hpp>

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <transports.hpp>
#include <trivium/async.hpp>
#include <trivium/stream.hpp>

using namespace trivium;
using namespace trivium::test;
namespace asio = boost::asio;

namespace {

struct watched final : detail::stop_gate::dependent {
  int release_ = 0;
  void release() noexcept override { ++release_; }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_gate_lets_in_until_its_context_is_destroyed) {
  std::shared_ptr<detail::stop_gate::state> gate;
  int entered = 0;
  {
    asio::io_context io;
    gate = detail::stop_gate::of(io.get_executor());
    BOOST_TEST(gate == detail::stop_gate::of(asio::any_io_executor{io.get_executor()}));
    gate->pass([&] { ++entered; });
    BOOST_TEST(entered == 1);
  }
  BOOST_TEST(!gate->pass([&] { ++entered; }));
  BOOST_TEST(entered == 1);
}

BOOST_AUTO_TEST_CASE(a_gate_is_passed_within_itself) {
  asio::io_context io;
  auto const gate = detail::stop_gate::of(io.get_executor());
  bool within = false;
  BOOST_TEST(gate->pass([&] { within = gate->pass([] {}); }));
  BOOST_TEST(within);
}

BOOST_AUTO_TEST_CASE(who_depends_on_a_context_lets_go_before_it_is_destroyed_and_once) {
  watched early, late;
  std::shared_ptr<detail::stop_gate::state> gate;
  {
    asio::io_context io;
    gate = detail::stop_gate::of(io.get_executor());
    gate->pass([&] {
      gate->add(early);
      gate->add(late);
    });
    gate->finish(early);
    BOOST_TEST(early.release_ == 1);
    BOOST_TEST(late.release_ == 0);
  }
  BOOST_TEST(early.release_ == 1);
  BOOST_TEST(late.release_ == 1);
  gate->finish(late);
  BOOST_TEST(late.release_ == 1);
}

// (For the sanitizers: the last to touch the context is its own thread.)
BOOST_AUTO_TEST_CASE(the_destruction_of_a_context_waits_for_those_within_its_gate) {
  for (int round = 0; round != 100; ++round) {
    std::optional<asio::io_context> io{std::in_place};
    auto const gate = detail::stop_gate::of(io->get_executor());
    std::atomic<bool> within{false};
    std::atomic<int> uses{0};
    std::thread other{[&] {
      gate->pass([&] {
        within = true;
        within.notify_one();
        for (int i = 0; i != 100; ++i) uses += !io->stopped();
      });
    }};
    within.wait(false);
    io.reset();
    BOOST_TEST(uses == 100);
    other.join();
  }
}

BOOST_AUTO_TEST_CASE(a_context_is_known_by_any_of_its_executors) {
  asio::io_context io;
  BOOST_TEST(detail::context_of(io.get_executor()) == &io);
  BOOST_TEST(detail::context_of(asio::any_io_executor{io.get_executor()}) == &io);
  struct tells_nothing {
  } const silent;
  BOOST_TEST(detail::context_of(silent) == nullptr);
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
