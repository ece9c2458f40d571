// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Which trials count, and what follows from them.
#define BOOST_TEST_MODULE bench.analysis
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "../printing.hpp"
#include "../support/chosen_trials.hpp"
#include "analysis/analysis.hpp"

namespace bench = trivium::bench;
using namespace trivium::bench::chosen;

BOOST_AUTO_TEST_CASE(a_few_spoiled_trials_are_counted_and_change_nothing) {
  auto const plan = bulk_plan(12);
  auto const found = bench::analyse(plan, spoiled_trials("blocking", 5), "");
  BOOST_TEST(found.spoiled == 5U);
  BOOST_TEST(found.health() == bench::health::good);
  BOOST_TEST(found.cells.front().level == 0.95);
}

BOOST_AUTO_TEST_CASE(a_later_attempt_counts_in_place_of_the_spoiled_one) {
  auto trials = bulk_trials(12);
  auto again = trials[1];
  trials[1].spoiled = cause;
  trials[1].superseded = true;
  trials[1].far.seconds = 100;  // a hundredth of its speed
  again.attempt = 1;
  trials.push_back(again);
  auto const found = bench::analyse(bulk_plan(12), trials, "");
  auto const untouched = bench::analyse(bulk_plan(12), bulk_trials(12), "");
  BOOST_TEST(found.repeated == 1U);
  BOOST_TEST(found.spoiled == 1U);
  BOOST_TEST(found.timed == 48U);
  auto const ratio = [](bench::analysis const& of) {
    return of.cells.front().contrasts.front().ratio.within_rounds.estimate;
  };
  BOOST_TEST(ratio(found) == ratio(untouched));
}

BOOST_AUTO_TEST_CASE(what_went_through_is_counted_at_the_receiver) {
  auto lossy = trial("posix", 0, 0, 1000, 100);
  lossy.far.steps["receive"].bytes = 500 * mib;
  BOOST_TEST(std::abs(*bench::find_metric("throughput")->of(lossy) - 500.0 * mib * 8e-9) < 1e-9);
}
