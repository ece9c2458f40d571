// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/reactor.hpp>

#include <pthread.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <functional>
#include <latch>
#include <limits>
#include <printing.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <transports.hpp>
#include <trivium/async.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(it_has_the_loops_it_was_asked_for) {
  BOOST_TEST(reactor{}.loops() == 1u);
  BOOST_TEST(reactor{{.loops = 3}}.loops() == 3u);
  BOOST_TEST(reactor{{.loops = 0}}.loops() >= 1u);  // one for each processor
}

BOOST_AUTO_TEST_CASE(handlers_run_only_inside_run) {
  reactor loops;
  int ran = 0;
  loops.post([&] {
    ++ran;
    loops.stop();
  });
  BOOST_TEST(ran == 0);
  loops.run();
  BOOST_TEST(ran == 1);
}

BOOST_AUTO_TEST_CASE(run_stays_until_stop_also_with_nothing_to_do) {
  reactor loops;
  std::atomic<bool> asked{false};
  std::thread stopper;
  loops.post([&] {
    stopper = std::thread{[&] {
      asked = true;
      loops.stop();
    }};
  });
  loops.run();
  BOOST_TEST(asked);
  stopper.join();
}

BOOST_AUTO_TEST_CASE(a_stop_before_run_lets_it_return_at_once_and_counts_once) {
  reactor loops;
  int ran = 0;
  loops.post([&] { ++ran; });
  loops.stop();
  loops.run();
  BOOST_TEST(ran == 0);
  loops.post([&] { loops.stop(); });
  loops.run();  // what was queued stays queued
  BOOST_TEST(ran == 1);
}

BOOST_AUTO_TEST_CASE(each_loop_has_a_thread_of_its_own_and_the_first_has_the_callers) {
  reactor loops{{.loops = 3}};
  std::thread::id on[3];
  std::latch all{3};
  for (std::size_t i = 0; i != 3; ++i)
    boost::asio::post(loops.get_executor(i), [&, i] {
      on[i] = std::this_thread::get_id();
      all.arrive_and_wait();  // all three at once, so each has a thread
      if (i == 0) loops.stop();
    });
  loops.run();
  BOOST_TEST(on[0] == std::this_thread::get_id());
  BOOST_TEST((std::set<std::thread::id>{on[0], on[1], on[2]}.size()) == 3u);
}

BOOST_AUTO_TEST_CASE(executors_are_given_out_in_turn) {
  reactor loops{{.loops = 3}};
  for (std::size_t i = 0; i != 6; ++i) BOOST_TEST(loops.get_executor() == loops.get_executor(i % 3));
}

BOOST_AUTO_TEST_CASE(an_exception_ends_all_loops_and_run_throws_it) {
  reactor loops{{.loops = 2}};
  boost::asio::post(loops.get_executor(1), [] { throw std::runtime_error{"from a handler"}; });
  BOOST_CHECK_EXCEPTION(loops.run(), std::runtime_error,
                        [](auto const& thrown) { return std::string{thrown.what()} == "from a handler"; });
}

BOOST_AUTO_TEST_CASE(after_an_exception_run_goes_on_with_what_was_queued) {
  reactor loops;
  bool ran = false;
  loops.post([] { throw std::runtime_error{"first"}; });
  loops.post([&] {
    ran = true;
    loops.stop();
  });
  BOOST_CHECK_THROW(loops.run(), std::runtime_error);
  BOOST_TEST(!ran);
  loops.run();
  BOOST_TEST(ran);
}

BOOST_AUTO_TEST_CASE(after_calls_when_the_time_has_passed_and_never_early) {
  reactor loops;
  auto const began = now();
  time_point first{}, second{};
  loops.after(20ms, [&] {
    second = now();
    loops.stop();
  });
  loops.after(5ms, [&] { first = now(); });
  loops.after(std::nullopt, [&] { BOOST_ERROR("for ever has passed"); });
  loops.run();
  BOOST_TEST((first - began) >= 5ms);
  BOOST_TEST((second - began) >= 20ms);
  BOOST_TEST(first < second);
}

// No address space has room for the stack that a thread would get.
BOOST_AUTO_TEST_CASE(without_a_thread_run_says_so_and_may_be_called_again) {
  pthread_attr_t usual, huge;
  BOOST_REQUIRE(::pthread_getattr_default_np(&usual) == 0);
  BOOST_REQUIRE(::pthread_attr_init(&huge) == 0);
  BOOST_REQUIRE(::pthread_attr_setstacksize(&huge, std::size_t{1} << 47) == 0);
  reactor loops{{.loops = 2}};
  std::atomic<int> called{0};
  for (std::size_t i = 0; i != loops.loops(); ++i)
    boost::asio::post(loops.get_executor(i), [&] {
      if (++called == 2) loops.stop();
    });

  BOOST_REQUIRE(::pthread_setattr_default_np(&huge) == 0);
  BOOST_CHECK_EXCEPTION(loops.run(), boost::system::system_error, [](auto const& thrown) {
    return thrown.code() == errc::no_thread && out_of_resources(thrown.code());
  });
  BOOST_REQUIRE(::pthread_setattr_default_np(&usual) == 0);
  ::pthread_attr_destroy(&usual);
  ::pthread_attr_destroy(&huge);

  BOOST_TEST(called == 0);
  loops.run();
  BOOST_TEST(called == 2);
}

BOOST_AUTO_TEST_CASE(after_takes_any_length_what_is_past_is_called_at_once) {
  using seconds = std::chrono::duration<double>;
  reactor loops;
  int called = 0;
  for (time_span const never : {time_span{nanoseconds::max() - 1ns}, time_span{std::chrono::hours::max()},
                                time_span{seconds{std::numeric_limits<double>::infinity()}}})
    loops.after(never, [] { BOOST_ERROR("for ever has passed"); });
  for (time_span const past :
       {time_span{-1ns}, time_span{nanoseconds::min()}, time_span{std::chrono::hours::min()},
        time_span{seconds{std::numeric_limits<double>::quiet_NaN()}}})
    loops.after(past, [&] {
      if (++called == 4) loops.stop();
    });
  loops.run();
  BOOST_TEST(called == 4);
}

BOOST_AUTO_TEST_CASE(a_loop_that_ends_first_never_calls_what_was_to_come_after) {
  auto watched = std::make_shared<int>(0);
  {
    reactor loops;
    loops.after(1h, [watched] { ++*watched; });
    loops.post([&] { loops.stop(); });
    loops.run();
  }
  BOOST_TEST(watched.use_count() == 1);
  BOOST_TEST(*watched == 0);
}

BOOST_AUTO_TEST_CASE(a_signal_stops_it_if_asked) {
  reactor loops;
  loops.stop_on(SIGUSR1, SIGUSR2);
  bool raised = false;
  loops.post([&] { raised = ::raise(SIGUSR2) == 0; });
  loops.run();
  BOOST_TEST(raised);
}

BOOST_AUTO_TEST_CASE(it_takes_no_signal_unasked) {
  reactor loops;
  loops.post([&] { loops.stop(); });
  loops.run();
  struct sigaction action {};
  for (int const signal : {SIGINT, SIGTERM, SIGPIPE}) {
    BOOST_TEST(::sigaction(signal, nullptr, &action) == 0);
    BOOST_TEST((action.sa_handler == SIG_DFL || signal == SIGINT));
  }
}

BOOST_AUTO_TEST_CASE(post_may_come_from_any_thread) {
  reactor loops{{.loops = 2}};
  std::atomic<int> ran{0};
  std::vector<std::thread> posters;
  for (int i = 0; i != 4; ++i)
    posters.emplace_back([&] {
      for (int k = 0; k != 100; ++k)
        loops.post([&] {
          if (++ran == 400) loops.stop();
        });
    });
  loops.run();
  for (auto& each : posters) each.join();
  BOOST_TEST(ran == 400);
}

BOOST_AUTO_TEST_CASE(connections_spread_over_its_loops_send_and_receive) {
  reactor loops{{.loops = 2}};
  auto [a, b] = tcp_pair();
  stream near{std::move(a), loops.get_executor(0)}, far{std::move(b), loops.get_executor(1)};
  std::string const text = "hello";
  std::string into(5, '?');
  async::receive_all(far, into, {.timeout = 10s}, [&](transfer_result) { loops.stop(); });
  async::send_all(near, text, [](transfer_result) {});
  loops.run();
  BOOST_TEST(into == text);
}

// What has ended is told without a turn of the loop: see trampoline.
BOOST_AUTO_TEST_CASE(its_loops_tell_at_once_what_needs_no_wait) {
  auto [a, b] = local_pair();
  reactor loops;
  stream near{std::move(a), loops.get_executor()};
  std::string const text = "hello";
  int told = 0, turns = 0;
  std::function<void()> next = [&] {
    async::send_all(near, text, [&](transfer_result) {
      if (++told == 10) return loops.stop();
      next();
    });
  };
  std::function<void()> others = [&] {
    ++turns;
    loops.post(others);
  };
  loops.post(others);
  loops.post(next);
  loops.run();
  BOOST_TEST(told == 10);
  BOOST_TEST(turns <= 3);
}
