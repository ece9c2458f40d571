// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#define BOOST_TEST_MODULE bench.crossovers
#include "report/crossovers.hpp"

#include <boost/test/unit_test.hpp>
#include <optional>

namespace bench = trivium::bench;

namespace {

/// Columns 1, 10, 100 ... of a sweep, in which `async` is to `blocking` as the intervals say.
struct sweep {
  bench::two_way_table table{.title = "a sweep", .metric = "cpu_per_message", .columns = {}};
  bench::analysis found;

  void add(std::string head, std::optional<bench::interval> within) {
    bench::cell_analysis cell;
    cell.cell = found.cells.size();
    cell.primary = bench::find_metric("cpu_per_message");
    if (within) {
      bench::contrast one;
      one.arm = "async";
      one.against = "blocking";
      one.said.emplace();
      one.ratio.within_rounds = {.estimate = (within->low + within->high) / 2, .within = within};
      cell.contrasts.push_back(one);
    }
    table.columns.emplace_back(std::move(head), cell.cell);
    found.cells.push_back(std::move(cell));
  }
  std::string text() const { return bench::crossovers_text(table, found); }
};

constexpr bench::interval lower{0.5, 0.7}, higher{1.3, 1.5}, open{0.9, 1.1};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_crossover_is_where_the_intervals_go_from_one_side_of_one_to_the_other, sweep) {
  add("1", higher);
  add("10", open);
  add("100", lower);
  add("1000", lower);
  BOOST_TEST(
      text() ==
      "  async against blocking: higher at 1 (1.40 [1.30, 1.50]); not told apart at 10; lower from 100 on "
      "(0.60 [0.50, 0.70] at 100)\n");
}

BOOST_FIXTURE_TEST_CASE(where_nothing_crosses_one_stretch_is_said, sweep) {
  add("1", lower);
  add("10", lower);
  BOOST_TEST(text() == "  async against blocking: lower from 1 on (0.60 [0.50, 0.70] at 1)\n");
}

// Nothing is said about a column in which one of the two was not measured.
BOOST_FIXTURE_TEST_CASE(a_stretch_ends_with_the_last_column_that_both_arms_have, sweep) {
  add("1", open);
  add("10", open);
  add("100", std::nullopt);
  BOOST_TEST(text() == "  async against blocking: not told apart from 1 to 10\n");
}

BOOST_FIXTURE_TEST_CASE(a_column_without_the_two_is_not_within_a_stretch, sweep) {
  add("1", open);
  add("10", std::nullopt);
  add("100", open);
  BOOST_TEST(text() == "  async against blocking: not told apart at 1; not told apart at 100\n");
}

// Too few rounds, or too many that were spoiled.
BOOST_FIXTURE_TEST_CASE(where_no_word_is_said_no_crossover_is, sweep) {
  add("1", lower);
  add("10", lower);
  found.cells.front().contrasts.front().said.reset();
  BOOST_TEST(text() == "");
}

BOOST_FIXTURE_TEST_CASE(one_column_is_no_sweep, sweep) {
  add("1", lower);
  add("10", std::nullopt);
  BOOST_TEST(text() == "");
}

BOOST_FIXTURE_TEST_CASE(a_table_of_another_metric_says_nothing_of_the_comparisons, sweep) {
  add("1", lower);
  add("10", lower);
  table.metric = "memory";
  BOOST_TEST(text() == "");
}
