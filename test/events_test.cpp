// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/events.hpp>

#include <boost/test/unit_test.hpp>
#include <thread>
#include <vector>

using namespace trivium;
using async::events;

BOOST_AUTO_TEST_CASE(the_first_to_arrive_has_the_turn_and_sees_the_others) {
  events some;
  BOOST_TEST(!some.in_turn());
  BOOST_TEST(some.arrive(events::ready));
  BOOST_TEST(some.in_turn());
  BOOST_TEST(!some.arrive(events::time));
  BOOST_TEST(some.take() == unsigned{events::ready | events::time});
  BOOST_TEST(some.take() == 0u);
  BOOST_TEST(some.rest());
  BOOST_TEST(!some.in_turn());
}

BOOST_AUTO_TEST_CASE(nobody_rests_while_something_is_new) {
  events some;
  some.begin();
  BOOST_TEST(!some.arrive(events::stop));
  BOOST_TEST(!some.rest());
  BOOST_TEST(some.in_turn());
  BOOST_TEST(some.take() == unsigned{events::stop});
  BOOST_TEST(some.rest());
  BOOST_TEST(some.arrive(events::go));
}

BOOST_AUTO_TEST_CASE(the_end_forgets_what_has_arrived) {
  events some;
  some.begin();
  BOOST_TEST(!some.arrive(events::cancelled));
  some.end();
  BOOST_TEST(some.arrive(events::go));
  BOOST_TEST(some.take() == unsigned{events::go});
}

// (For the thread sanitizer as well: `runs` is what the turn guards.)
BOOST_AUTO_TEST_CASE(one_thread_at_a_time_has_the_turn_and_no_event_is_left) {
  constexpr int each = 20'000;
  events some;
  long runs = 0;
  auto const arrives = [&](events::event what) {
    for (int i = 0; i != each; ++i) {
      if (!some.arrive(what)) continue;
      do {
        ++runs;
        some.take();
      } while (!some.rest());
    }
  };
  std::vector<std::thread> threads;
  for (auto const what : {events::ready, events::time, events::stop}) threads.emplace_back(arrives, what);
  for (auto& thread : threads) thread.join();
  BOOST_TEST(runs >= 1);
  BOOST_TEST(runs <= 3L * each);
  BOOST_TEST(!some.in_turn());
  BOOST_TEST(some.take() == 0u);
}
