// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What other threads, and a child process, do with a multiplexer.

#include <boost/test/unit_test.hpp>
#include <child.hpp>
#include <multiplexed.hpp>
#include <optional>
#include <printing.hpp>
#include <stop_token>
#include <thread>
#include <vector>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;

BOOST_FIXTURE_TEST_CASE(a_stop_from_another_thread_ends_its_operation_alone, two_ends) {
  std::stop_source stop;
  auto const token = stop.get_token();
  receive({.stop = token});
  two_ends other;
  std::optional<transfer_result> other_told;
  loop.start(other.near, transfer{other.near, receiving(other.into)},
             [&](auto& ended) { other_told = ended.result(); });
  loop.run_once(now());
  std::jthread const stops{[&] { stop.request_stop(); }};
  for (int turns = 0; turns < 1000 && !told; ++turns) loop.run_once();
  BOOST_TEST(told.value().error == errc::stopped);
  BOOST_TEST(!other_told);
  other.far_sends("hello");
  loop.run();
  BOOST_TEST(no_error(other_told.value()));
}

BOOST_FIXTURE_TEST_CASE(another_thread_wakes_it, two_ends) {
  receive();
  loop.run_once(now());
  for (int times = 0; times < 3; ++times) {
    std::jthread const wakes{[&] { loop.wake(); }};
    BOOST_TEST(loop.run_once() == 0u);  // it would sleep for ever
  }
}

BOOST_FIXTURE_TEST_CASE(a_stopped_run_returns_and_the_next_one_goes_on, two_ends) {
  receive();
  std::jthread const stops{[&] { loop.stop(); }};
  loop.run();
  BOOST_TEST(!told);
  BOOST_TEST(loop.size() == 1u);
  far_sends("hello");
  loop.run();
  BOOST_TEST(no_error(told.value()));
}

BOOST_FIXTURE_TEST_CASE(what_other_threads_post_is_called_by_its_own, two_ends) {
  receive();  // so that run goes on
  auto const here = std::this_thread::get_id();
  int called = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i != 4; ++i)
    threads.emplace_back([&] {
      for (int times = 0; times != 100; ++times)
        loop.post([&] {
          BOOST_TEST((std::this_thread::get_id() == here));
          if (++called == 400) loop.stop();
        });
    });
  loop.run();
  BOOST_TEST(called == 400);
}

BOOST_AUTO_TEST_CASE(what_is_posted_is_called_where_no_operation_is_under_way) {
  two_ends with;
  with.far_sends("hello");
  with.loop.post([&] { with.receive(); });
  with.loop.run();
  BOOST_TEST(no_error(with.told.value()));
}

BOOST_FIXTURE_TEST_CASE(what_is_posted_behind_an_exception_is_called, two_ends) {
  int called = 0;
  loop.post([] { throw 7; });
  loop.post([&] { ++called; });
  BOOST_CHECK_EXCEPTION(loop.run_once(), int, [](int thrown) { return thrown == 7; });
  loop.run_once();
  BOOST_TEST(called == 1);
}

BOOST_FIXTURE_TEST_CASE(a_child_goes_on_with_a_set_of_its_own, two_ends) {
  receive({.timeout = 60s});
  loop.run_once(now());
  bool const held = holds_in_child([&] {
    loop.wake();
    loop.run_once();
    two_ends own;
    own.far_sends("hello");
    loop.start(own.near, transfer{own.near, receiving(own.into), {.timeout = 60s}},
               [&](auto& ended) { own.told = ended.result(); });
    for (int turns = 0; turns < 1000 && !own.told; ++turns) loop.run_once();
    near.close();  // the parent's registration stays
    loop.run();
    return own.told && !own.told->error && told && told->error == errc::stopped;
  });
  BOOST_TEST(held);
  far_sends("hello");
  loop.run();
  BOOST_TEST(no_error(told.value()));
}
