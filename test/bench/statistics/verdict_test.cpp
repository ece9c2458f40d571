// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Every sentence that a verdict can be, with the data that lead to it.
#define BOOST_TEST_MODULE bench.verdict
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "../printing.hpp"
#include "statistics/verdict.hpp"

namespace bench = trivium::bench;

namespace {

/// Rounds that scatter by `width` about a ratio, evenly.
bench::centre rounds(std::size_t n, double ratio, double width) {
  std::vector<double> logs;
  for (std::size_t i = 0; i < n; ++i) {
    logs.push_back(std::log(ratio) + width * (2.0 * static_cast<double>(i) / static_cast<double>(n - 1) - 1));
  }
  return bench::ratio_of(logs);
}

std::string said(bench::centre const& ratio, double margin, bench::better direction, std::size_t others = 0) {
  std::vector<bench::centre> family{ratio};
  family.insert(family.end(), others, rounds(ratio.rounds, 1.0, 0.5));
  auto const words = bench::judge(family, margin, direction);
  return words.front() ? bench::sentence(*words.front()) : "no word";
}

}  // namespace

using bench::better;

BOOST_AUTO_TEST_CASE(wholly_inside_the_margin_is_equivalent) {
  BOOST_TEST(said(rounds(12, 1.01, 0.03), 0.10, better::higher) == "equivalent (within 10 %)");
}

BOOST_AUTO_TEST_CASE(inside_the_margin_is_equivalent_even_if_different) {
  BOOST_TEST(said(rounds(12, 1.02, 0.01), 0.03, better::lower) == "equivalent (within 3 %)");
}

BOOST_AUTO_TEST_CASE(more_is_faster_where_more_is_better) {
  BOOST_TEST(said(rounds(12, 1.30, 0.05), 0.10, better::higher) == "faster by at least 27.1 %");
}

BOOST_AUTO_TEST_CASE(more_is_slower_where_less_is_better) {
  BOOST_TEST(said(rounds(12, 1.30, 0.05), 0.10, better::lower) == "slower by at least 27.1 %");
}

BOOST_AUTO_TEST_CASE(less_is_slower_where_more_is_better) {
  BOOST_TEST(said(rounds(12, 0.70, 0.05), 0.10, better::higher) == "slower by at least 28.4 %");
}

BOOST_AUTO_TEST_CASE(less_is_faster_where_less_is_better) {
  BOOST_TEST(said(rounds(12, 0.70, 0.05), 0.10, better::lower) == "faster by at least 28.4 %");
}

BOOST_AUTO_TEST_CASE(wide_and_about_one_cannot_be_told) {
  auto const words = bench::judge(std::vector{rounds(12, 1.0, 0.5)}, 0.10, better::higher);
  BOOST_REQUIRE(words.front().has_value());
  BOOST_TEST(words.front()->word == bench::word::cannot_tell);
  BOOST_TEST(words.front()->rounds_needed > 12U);
  BOOST_TEST(bench::sentence(*words.front()) ==
             "cannot tell (would need about " + std::to_string(words.front()->rounds_needed) + " rounds)");
}

BOOST_AUTO_TEST_CASE(eight_rounds_get_no_word) {
  BOOST_TEST(said(rounds(8, 2.0, 0.01), 0.10, better::higher) == "no word");
  BOOST_TEST(said(rounds(9, 2.0, 0.01), 0.10, better::higher) == "faster by at least 98.8 %");
}

// Nine rounds all on one side: alone p = 0.004, adjusted over six 0.023, over thirteen 0.051.
BOOST_AUTO_TEST_CASE(a_large_family_needs_more_evidence) {
  auto const clear = rounds(9, 2.0, 0.01);
  BOOST_TEST(said(clear, 0.10, better::higher, 5) == "faster by at least 98.8 %");
  BOOST_TEST(said(clear, 0.10, better::higher, 12).starts_with("cannot tell"));
}
