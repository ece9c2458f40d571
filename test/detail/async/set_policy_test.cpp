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
    for (std::size_t i = 0; i != how_many; ++i) add_connection();
  }
  // How many waits are made in the reactor before the set is tried; `most` if it is not.
  std::size_t waits_before_try(std::size_t most = 4 * set_policy::last_try) {
    for (std::size_t waits = 0; waits != most; ++waits)
      if (prefers_set()) return waits;
    return most;
  }
  void iterates(std::size_t ready) {
    for (std::size_t i = 0; i != set_policy::iterations_observed; ++i) observe(ready);
  }
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
  for (int times = 0; times < 100; ++times) {
    iterates(set_policy::least_ready);
    BOOST_TEST(prefers_set());
  }
}

BOOST_FIXTURE_TEST_CASE(it_leaves_the_set_when_too_few_are_ready_and_tries_it_ever_more_seldom,
                        many_connections) {
  BOOST_TEST(waits_before_try() == set_policy::first_try);
  for (std::size_t after = set_policy::first_try; after < set_policy::last_try;) {
    iterates(set_policy::least_ready - 1);
    after = std::min(2 * after, set_policy::last_try);
    BOOST_TEST(waits_before_try() == after);
  }
  iterates(set_policy::least_ready - 1);
  BOOST_TEST(waits_before_try() == set_policy::last_try);
}

BOOST_FIXTURE_TEST_CASE(a_try_that_was_worth_it_makes_the_next_one_early_again, many_connections) {
  for (int times = 0; times < 5; ++times) {
    waits_before_try();
    iterates(1);
  }
  waits_before_try();
  iterates(set_policy::least_ready);
  iterates(1);
  BOOST_TEST(waits_before_try() == 2 * set_policy::first_try);
}

BOOST_FIXTURE_TEST_CASE(what_is_collected_while_the_reactor_is_preferred_decides_nothing, many_connections) {
  for (int times = 0; times < 5; ++times) iterates(0);
  BOOST_TEST(waits_before_try() == set_policy::first_try);
}

BOOST_FIXTURE_TEST_CASE(where_the_reactor_is_preferred_the_set_is_not_tried_again, many_connections) {
  waits_before_try();
  prefer_reactor();
  BOOST_TEST(waits_before_try(1000) == 1000u);
}
