// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The statistics held against truth: 10,000 runs of noise of each shape for each number of rounds, from a
// fixed seed. A tool that never says anything keeps its false alarms low, so power is held as well, at the
// very difference that the program prints as visible.
#define BOOST_TEST_MODULE bench.simulation
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "statistics/sensitivity.hpp"
#include "statistics/simulation.hpp"
#include "statistics/verdict.hpp"

namespace bench = trivium::bench;
namespace data = boost::unit_test::data;

namespace {

constexpr std::size_t runs = 10'000;
constexpr std::uint64_t seed = 20261122;
std::size_t const numbers_of_rounds[] = {6, 9, 12, 24, 48};
std::size_t const shapes[] = {0, 1, 2, 3};

/// How far power may be from what is promised.
constexpr double tolerance = 0.03;

}  // namespace

BOOST_DATA_TEST_CASE(words_and_intervals_hold_what_they_promise,
                     data::make(shapes) * data::make(numbers_of_rounds), shape, n) {
  auto const of_shape = bench::noise_shapes[shape];
  auto const seen = bench::simulate(of_shape, n, runs, seed);
  BOOST_TEST_CONTEXT(bench::name_of(of_shape) << " noise, " << n << " rounds") {
    BOOST_TEST(seen.coverage >= 0.94);
    BOOST_TEST(seen.coverage <= 0.98);
    BOOST_TEST(seen.false_verdicts <= 0.05);
    BOOST_TEST(seen.control_alarms <= 0.005);
    if (n < bench::fewest_rounds_for_a_word) {
      BOOST_TEST(seen.false_verdicts == 0);
      BOOST_TEST(seen.power == 0);
    } else {
      BOOST_TEST(std::abs(seen.power - bench::power_of_visible) <= tolerance);
      BOOST_TEST(seen.visible > 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_simulation_says_the_same_twice) {
  auto const once = bench::simulate(bench::noise_shape::normal, 12, 100, seed);
  auto const again = bench::simulate(bench::noise_shape::normal, 12, 100, seed);
  auto const other = bench::simulate(bench::noise_shape::normal, 12, 100, seed + 1);
  BOOST_TEST(once.coverage == again.coverage);
  BOOST_TEST(once.visible == again.visible);
  BOOST_TEST(once.visible != other.visible);
}
