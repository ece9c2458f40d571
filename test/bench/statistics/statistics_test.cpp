// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The arithmetic of the answers: against published tables, and against models that enumerate.
#define BOOST_TEST_MODULE bench.statistics
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "../printing.hpp"
#include "statistics/bar.hpp"
#include "statistics/hodges_lehmann.hpp"
#include "statistics/holm.hpp"
#include "statistics/order_effect.hpp"
#include "statistics/order_statistic.hpp"
#include "statistics/sensitivity.hpp"
#include "statistics/signed_rank.hpp"

namespace bench = trivium::bench;

namespace {

/// P(W <= w) by looking at every one of the 2^n choices of signs.
double at_most_by_enumeration(std::size_t n, std::size_t w) {
  std::size_t found = 0;
  for (std::size_t signs = 0; signs < (std::size_t{1} << n); ++signs) {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += (signs >> i & 1) != 0 ? i + 1 : 0;
    if (sum <= w) ++found;
  }
  return static_cast<double>(found) / std::pow(2.0, static_cast<double>(n));
}

/// The two-sided p-value as textbooks have it: rank the magnitudes, add up the ranks of what is positive.
double p_by_ranks(std::vector<double> differences) {
  std::sort(differences.begin(), differences.end(),
            [](double a, double b) { return std::abs(a) < std::abs(b); });
  std::size_t plus = 0;
  std::size_t minus = 0;
  for (std::size_t i = 0; i < differences.size(); ++i) (differences[i] > 0 ? plus : minus) += i + 1;
  return std::min(1.0, 2 * at_most_by_enumeration(differences.size(), std::min(plus, minus)));
}

std::vector<double> noise(std::size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<double> values(n);
  for (auto& each : values) each = static_cast<double>(random() % 100'000) / 100'000 - 0.4;
  return values;
}

}  // namespace

// Critical values as every table of the signed-rank test prints them (two-sided).
BOOST_AUTO_TEST_CASE(critical_values_are_the_published_ones) {
  struct row {
    std::size_t n, at_5_percent, at_1_percent;
  };
  constexpr std::size_t none = ~std::size_t{0};
  for (auto const& [n, at_5, at_1] :
       {row{5, none, none}, row{6, 0, none}, row{7, 2, none}, row{8, 3, 0}, row{9, 5, 1}, row{10, 8, 3},
        row{11, 10, 5}, row{12, 13, 7}, row{13, 17, 9}, row{14, 21, 12}, row{15, 25, 15}, row{16, 29, 19},
        row{17, 34, 23}, row{18, 40, 27}, row{19, 46, 32}, row{20, 52, 37}, row{25, 89, 68}}) {
    bench::signed_rank const distribution(n);
    BOOST_TEST(distribution.critical(0.025).value_or(none) == at_5, "n = " << n);
    BOOST_TEST(distribution.critical(0.005).value_or(none) == at_1, "n = " << n);
  }
}

BOOST_AUTO_TEST_CASE(distribution_is_the_enumerated_one) {
  for (std::size_t n = 1; n <= 12; ++n) {
    bench::signed_rank const distribution(n);
    BOOST_TEST(distribution.largest() == n * (n + 1) / 2);
    for (std::size_t w = 0; w <= distribution.largest(); ++w) {
      BOOST_TEST(std::abs(distribution.at_most(w) - at_most_by_enumeration(n, w)) < 1e-12);
    }
  }
}

BOOST_AUTO_TEST_CASE(distribution_of_many_rounds_does_not_overflow) {
  bench::signed_rank const distribution(200);
  BOOST_TEST(std::abs(distribution.at_most(200 * 201 / 4 - 1) + distribution.at_most(200 * 201 / 4) - 1) <
             1e-9);
}

// Hollander and Wolfe's depression scores, the example of many textbooks: V = 40 of nine pairs.
BOOST_AUTO_TEST_CASE(textbook_example_comes_out) {
  std::vector<double> const first{1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30};
  std::vector<double> const second{0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29};
  std::vector<double> differences;
  for (std::size_t i = 0; i < first.size(); ++i) differences.push_back(first[i] - second[i]);
  auto const found = bench::centre_of(differences);
  BOOST_TEST(std::abs(found.p - 0.0390625) < 1e-12);
  BOOST_TEST(std::abs(found.estimate - 0.46) < 1e-9);
}

BOOST_AUTO_TEST_CASE(p_is_that_of_the_ranks) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    auto const differences = noise(6 + seed % 7, seed);
    BOOST_TEST(std::abs(bench::centre_of(differences).p - p_by_ranks(differences)) < 1e-12);
  }
}

// An interval holds what the test would not reject, and nothing else: that is what makes it exact.
BOOST_AUTO_TEST_CASE(interval_is_what_the_test_does_not_reject) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    auto const differences = noise(6 + seed % 6, seed);
    auto const found = bench::centre_of(differences);
    BOOST_REQUIRE(found.within.has_value());
    auto const rejected_at = [&](double centre) {
      auto moved = differences;
      for (auto& each : moved) each -= centre;
      return p_by_ranks(moved) <= 0.05;
    };
    constexpr double hair = 1e-9;
    BOOST_TEST(!rejected_at(found.within->low + hair));
    BOOST_TEST(!rejected_at(found.within->high - hair));
    BOOST_TEST(rejected_at(found.within->low - hair));
    BOOST_TEST(rejected_at(found.within->high + hair));
    BOOST_TEST(found.within->low <= found.estimate);
    BOOST_TEST(found.estimate <= found.within->high);
  }
}

BOOST_AUTO_TEST_CASE(five_rounds_give_no_interval) {
  BOOST_TEST(!bench::centre_of(noise(5, 1)).within.has_value());
  BOOST_TEST(bench::centre_of(noise(6, 1)).within.has_value());
  BOOST_TEST(!bench::centre_of(noise(9, 1), 0.998).within.has_value());
  BOOST_TEST(bench::centre_of(noise(10, 1), 0.998).within.has_value());
}

BOOST_AUTO_TEST_CASE(differences_of_nothing_are_no_evidence) {
  std::vector<double> const same(12, 0.0);
  auto const found = bench::ratio_of(same);
  BOOST_TEST(found.estimate == 1);
  BOOST_TEST(found.p == 1);
  BOOST_TEST(found.within->low == 1);
  BOOST_TEST(found.within->high == 1);
}

BOOST_AUTO_TEST_CASE(ratio_is_the_centre_of_the_logarithms) {
  std::vector<double> const logs(8, std::log(1.25));
  BOOST_TEST(std::abs(bench::ratio_of(logs).estimate - 1.25) < 1e-12);
}

// The example of R's p.adjust and of many lectures.
BOOST_AUTO_TEST_CASE(holm_adjusts_as_published) {
  std::vector<double> const p{0.01, 0.04, 0.03, 0.005};
  std::vector<double> const expected{0.03, 0.06, 0.06, 0.02};
  auto const adjusted = bench::holm(p);
  BOOST_REQUIRE(adjusted.size() == expected.size());
  for (std::size_t i = 0; i < p.size(); ++i) BOOST_TEST(std::abs(adjusted[i] - expected[i]) < 1e-12);
}

BOOST_AUTO_TEST_CASE(holm_never_exceeds_one) {
  std::vector<double> const p{0.6, 0.9, 0.7};
  for (auto const each : bench::holm(p)) BOOST_TEST(each == 1);
  BOOST_TEST(bench::holm({}).empty());
}

BOOST_AUTO_TEST_CASE(bar_is_met_by_the_far_end_and_missed_by_the_near_one) {
  using bench::bar_word;
  using bench::interval;
  using bench::promise;
  BOOST_TEST(bench::hold_against(interval{0.95, 1.2}, promise::at_least, 0.95) == bar_word::met);
  BOOST_TEST(bench::hold_against(interval{0.94, 1.2}, promise::at_least, 0.95) == bar_word::not_shown);
  BOOST_TEST(bench::hold_against(interval{0.90, 0.94}, promise::at_least, 0.95) == bar_word::missed);
  BOOST_TEST(bench::hold_against(interval{0.9, 1.05}, promise::at_most, 1.05) == bar_word::met);
  BOOST_TEST(bench::hold_against(interval{0.9, 1.06}, promise::at_most, 1.05) == bar_word::not_shown);
  BOOST_TEST(bench::hold_against(interval{1.06, 1.1}, promise::at_most, 1.05) == bar_word::missed);
  BOOST_TEST(bench::hold_against(std::nullopt, promise::at_most, 1.05) == bar_word::not_shown);
}

BOOST_AUTO_TEST_CASE(what_is_visible_shrinks_with_rounds_and_grows_with_the_family) {
  auto const visible = [](std::size_t rounds, std::size_t comparisons) {
    auto logs = noise(rounds, 7);
    for (auto& each : logs) each /= 10;
    return bench::smallest_visible(logs, bench::noise_seen{logs}, 0.05, comparisons).value();
  };
  BOOST_TEST(visible(48, 1) < visible(12, 1));
  BOOST_TEST(visible(12, 1) < visible(12, 6));
  BOOST_TEST(visible(400, 1) < visible(100, 1));
  BOOST_TEST(visible(12, 6) == visible(12, 6));  // drawn from a seed of its own
  auto const few = noise(5, 1);
  auto const nine = noise(9, 1);
  bench::noise_seen const shape{nine};
  BOOST_TEST(!bench::smallest_visible(few, shape).has_value());
  BOOST_TEST(!bench::smallest_visible(nine, shape, 0.05, 13).has_value());
  BOOST_TEST(!bench::smallest_visible(nine, shape, 0.01, 6).has_value());
}

BOOST_AUTO_TEST_CASE(the_shape_of_noise_has_no_size) {
  auto const logs = noise(12, 3);
  auto tenfold = logs;
  for (auto& each : tenfold) each *= 10;
  auto const of_itself = bench::smallest_visible(logs, bench::noise_seen{logs}).value();
  auto const of_louder = bench::smallest_visible(logs, bench::noise_seen{tenfold}).value();
  BOOST_TEST(of_itself == of_louder, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(rounds_without_noise_see_everything) {
  std::vector<double> const alike(12, 0.1);
  BOOST_TEST(bench::noise_seen{alike}.off().empty());
  BOOST_TEST(bench::smallest_visible(alike, bench::noise_seen{alike}).value() == 0);
  auto const logs = noise(12, 3);
  BOOST_TEST(bench::smallest_visible(alike, bench::noise_seen{logs}).value() == 0);
}

BOOST_AUTO_TEST_CASE(a_half_as_wide_interval_takes_four_times_the_rounds) {
  BOOST_TEST(bench::rounds_for_half_width(0.06, 6, 0.03) == 24U);
  BOOST_TEST(bench::rounds_for_half_width(0.03, 6, 0.03) == 6U);
}

// The ranks of the ends of the interval, as every table of the sign test prints them.
BOOST_AUTO_TEST_CASE(median_interval_is_of_the_published_order_statistics) {
  struct row {
    std::size_t n, low, high;
  };
  for (auto const& [n, low, high] :
       {row{6, 1, 6}, row{8, 1, 8}, row{10, 2, 9}, row{12, 3, 10}, row{15, 4, 12}, row{24, 7, 18}}) {
    std::vector<double> logs;
    for (std::size_t i = 1; i <= n; ++i) logs.push_back(std::log(static_cast<double>(i)));
    auto const found = bench::median_ratio_of(logs);
    BOOST_REQUIRE(found.within.has_value());
    BOOST_TEST(std::abs(found.within->low - static_cast<double>(low)) < 1e-9);
    BOOST_TEST(std::abs(found.within->high - static_cast<double>(high)) < 1e-9);
  }
  BOOST_TEST(!bench::median_ratio_of(std::vector<double>{1, 2, 3, 4, 5}).within.has_value());
}

BOOST_AUTO_TEST_CASE(the_sign_test_counts_signs) {
  std::vector<double> logs(10, 0.1);
  BOOST_TEST(std::abs(bench::median_ratio_of(logs).p - 2.0 / 1024) < 1e-12);
  logs[0] = -5;
  BOOST_TEST(std::abs(bench::median_ratio_of(logs).p - 22.0 / 1024) < 1e-12);
  BOOST_TEST(bench::median_ratio_of(std::vector<double>(10, 0.0)).p == 1);
}

namespace {

/// Rounds of five arms in random order, each arm off by itself; `slope` a position, `after` the arm 2.
std::vector<bench::placed_value> placed(unsigned seed, double slope, double after) {
  std::mt19937 random(seed);
  std::vector<bench::placed_value> all;
  for (std::size_t round = 0; round < 24; ++round) {
    std::vector<std::size_t> arms{0, 1, 2, 3, 4};
    for (auto left = arms.size(); left > 1; --left) std::swap(arms[left - 1], arms[random() % left]);
    for (std::size_t position = 0; position < arms.size(); ++position) {
      bench::placed_value one;
      one.arm = arms[position];
      one.round = round;
      one.position = static_cast<double>(position);
      if (position > 0) one.predecessor = arms[position - 1];
      one.log = static_cast<double>(one.arm) + static_cast<double>(round) +
                static_cast<double>(random() % 1000) / 1000 + slope * one.position +
                (one.predecessor == std::size_t{2} ? after : 0);
      all.push_back(one);
    }
  }
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_effect_of_order_is_found_and_none_is_invented) {
  constexpr unsigned machines = 400;
  unsigned alarms = 0;
  for (unsigned seed = 1; seed <= machines; ++seed) {
    auto const found = bench::order_effect_of(placed(seed, 0, 0)).value();
    alarms += found.position < 0.05 ? 1 : 0;
    alarms += found.predecessor < 0.05 ? 1 : 0;
  }
  BOOST_TEST(alarms > machines / 40);  // two tests, each at 5 %
  BOOST_TEST(alarms < machines / 5);
  BOOST_TEST(bench::order_effect_of(placed(1, 0.3, 0))->position < bench::order_matters);
  BOOST_TEST(bench::order_effect_of(placed(1, 0, 2))->predecessor < bench::order_matters);
  BOOST_TEST(!bench::order_effect_of(std::vector<bench::placed_value>(5)).has_value());
}
