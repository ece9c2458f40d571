// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/detail/async/events.hpp>

#include <boost/test/unit_test.hpp>
#include <printing.hpp>
#include <thread>
#include <vector>

namespace trivium::detail {
BOOST_DESCRIBE_ENUM(events::asked, seen, expected, gone)
}

using namespace trivium;
using detail::events;

BOOST_AUTO_TEST_CASE(the_first_to_arrive_has_the_turn_and_sees_the_others) {
  events some;
  some.expect();
  some.expect();
  BOOST_TEST(!some.running());
  BOOST_TEST(some.arrive(events::ready));
  BOOST_TEST(some.running());
  BOOST_TEST(!some.arrive(events::time));
  BOOST_TEST(some.take() == unsigned{events::ready | events::time});
  BOOST_TEST(some.take() == 0u);
  BOOST_TEST(some.rest());
  BOOST_TEST(!some.running());
}

BOOST_AUTO_TEST_CASE(nobody_rests_while_something_is_new) {
  events some;
  some.begin();
  some.expect();
  BOOST_TEST(!some.arrive(events::stop));
  BOOST_TEST(!some.rest());
  BOOST_TEST(some.running());
  BOOST_TEST(some.take() == unsigned{events::stop});
  BOOST_TEST(some.rest());
  some.expect();
  BOOST_TEST(some.arrive(events::go));
}

BOOST_AUTO_TEST_CASE(the_end_forgets_what_has_arrived) {
  events some;
  some.begin();
  BOOST_TEST(!some.arrive(events::cancelled));
  some.end();
  some.expect();
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
  for (int i = 0; i != 3; ++i) threads.emplace_back(arrives, events::cancelled);  // nobody has to expect it
  for (auto& thread : threads) thread.join();
  BOOST_TEST(runs >= 1);
  BOOST_TEST(runs <= 3L * each);
  BOOST_TEST(!some.running());
  BOOST_TEST(some.take() == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_expected_keeps_it_alive_and_so_does_the_turn) {
  events some;
  some.begin();
  some.expect();
  some.expect();
  BOOST_TEST(some.any_expected());
  BOOST_TEST(!some.drop());
  BOOST_TEST(!some.drop());  // it has the turn still
  BOOST_TEST(!some.any_expected());
  some.expect();
  BOOST_TEST(some.rest());
  BOOST_TEST(some.drop());
}

BOOST_AUTO_TEST_CASE(a_stop_is_seen_by_who_has_the_turn_or_expected_or_too_late) {
  events some;
  some.begin();
  BOOST_TEST(some.ask() == events::asked::seen);
  BOOST_TEST(!some.rest());
  BOOST_TEST(some.take() == unsigned{events::cancelled});
  some.expect();
  BOOST_TEST(some.rest());
  BOOST_TEST(some.ask() == events::asked::expected);
  BOOST_TEST(!some.drop());  // the wait
  BOOST_TEST(some.drop());   // the stop
  BOOST_TEST(some.ask() == events::asked::gone);
}
