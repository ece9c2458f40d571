// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/detail/async/set_policy.hpp>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstddef>

using namespace trivium;
using detail::set_policy;

namespace {

struct many_connections : set_policy {
  explicit many_connections(std::size_t how_many = set_policy::least_connections) {
    for (std::size_t i = 0; i != how_many; ++i) {
      add_connection();
      add_to_set();
    }
  }
  // How many waits are made in the reactor before the set is tried; `most` if it is not.
  std::size_t waits_before_try(std::size_t most = 4 * set_policy::last_try) {
    for (std::size_t waits = 0; waits != most; ++waits)
      if (prefers_set()) return waits;
    return most;
  }
  void iterates(std::size_t ready, std::size_t times = 1) {
    for (; times != 0; --times) observe(ready);
  }
  // Until it has cost as many calls as it takes to move all connections.
  void does_not_pay(std::size_t how_many = set_policy::least_connections) {
    iterates(just_enough - 1, moves(how_many));
  }
  static std::size_t moves(std::size_t how_many = set_policy::least_connections) {
    return static_cast<std::size_t>(set_policy::calls_of_a_move) * how_many;
  }
  static constexpr auto just_enough = static_cast<std::size_t>(set_policy::calls_of_an_iteration);
};

}  // namespace

BOOST_AUTO_TEST_CASE(few_connections_never_try_the_set) {
  many_connections few{set_policy::least_connections - 1};
  BOOST_TEST(few.waits_before_try(1000) == 1000u);
  few.add_connection();
  BOOST_TEST(few.waits_before_try(1000) < 1000u);
}

BOOST_FIXTURE_TEST_CASE(it_keeps_to_the_set_while_enough_are_ready, many_connections) {
  BOOST_TEST(waits_before_try() == set_policy::first_try);
  iterates(just_enough, 1000);
  BOOST_TEST(prefers_set());
}

BOOST_FIXTURE_TEST_CASE(it_leaves_the_set_when_that_has_cost_what_a_move_costs, many_connections) {
  waits_before_try();
  iterates(just_enough - 1, moves() - 1);
  BOOST_TEST(prefers_set());
  iterates(just_enough - 1);
  BOOST_TEST(!prefers_set());
}

// So that it does not go back and forth at the border.
BOOST_FIXTURE_TEST_CASE(what_was_saved_is_held_against_what_it_costs_later, many_connections) {
  waits_before_try();
  iterates(just_enough + 1, 1000);  // no more than a move costs is kept
  iterates(just_enough - 1, 2 * moves() - 1);
  BOOST_TEST(prefers_set());
  iterates(just_enough - 1);
  BOOST_TEST(!prefers_set());
}

BOOST_FIXTURE_TEST_CASE(it_tries_the_set_ever_more_seldom_while_that_does_not_pay, many_connections) {
  BOOST_TEST(waits_before_try() == set_policy::first_try);
  for (std::size_t after = set_policy::first_try; after < set_policy::last_try;) {
    does_not_pay();
    after = std::min(2 * after, set_policy::last_try);
    BOOST_TEST(waits_before_try() == after);
  }
  does_not_pay();
  BOOST_TEST(waits_before_try() == set_policy::last_try);
}

BOOST_AUTO_TEST_CASE(with_more_connections_it_takes_more_waits_until_the_set_is_tried_again) {
  many_connections thousands{10'000};
  BOOST_TEST(thousands.waits_before_try() == set_policy::first_try);
  thousands.does_not_pay(10'000);
  BOOST_TEST(thousands.waits_before_try(100'000) == 80'000u);
}

BOOST_AUTO_TEST_CASE(connections_that_are_not_in_the_set_need_not_move) {
  many_connections thousands{10'000};
  for (std::size_t i = set_policy::least_connections; i != 10'000; ++i) thousands.remove_from_set();
  thousands.waits_before_try();
  thousands.does_not_pay();
  BOOST_TEST(thousands.waits_before_try() == 2 * set_policy::first_try);
}

BOOST_FIXTURE_TEST_CASE(a_try_that_was_worth_it_makes_the_next_one_early_again, many_connections) {
  for (int times = 0; times < 5; ++times) {
    waits_before_try();
    does_not_pay();
  }
  waits_before_try();
  iterates(just_enough + 1, moves());
  iterates(0, 2 * moves());
  BOOST_TEST(waits_before_try() == 2 * set_policy::first_try);
}

// Otherwise each wait would try to make the set: a loop that is short of descriptors asked for them at every
// one.
BOOST_FIXTURE_TEST_CASE(a_set_that_cannot_be_had_is_tried_ever_more_seldom, many_connections) {
  BOOST_TEST(waits_before_try() == set_policy::first_try);
  for (std::size_t after = set_policy::first_try; after < set_policy::last_try;) {
    refuse();
    BOOST_TEST(!prefers_set());
    after = std::min(2 * after, set_policy::last_try);
    BOOST_TEST(waits_before_try() == after - 1);
  }
}

BOOST_FIXTURE_TEST_CASE(what_is_collected_while_the_reactor_is_preferred_decides_nothing, many_connections) {
  iterates(0, 1000);
  BOOST_TEST(waits_before_try() == set_policy::first_try);
}

BOOST_FIXTURE_TEST_CASE(where_the_reactor_is_preferred_the_set_is_not_tried_again, many_connections) {
  waits_before_try();
  prefer_reactor();
  BOOST_TEST(waits_before_try(1000) == 1000u);
}
