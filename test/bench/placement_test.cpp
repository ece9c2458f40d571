// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Where the two ends go, on machines of every shape.
#define BOOST_TEST_MODULE bench.placement
#include <boost/test/unit_test.hpp>
#include <vector>

#include "trial/placement.hpp"

namespace bench = trivium::bench;
using processors = std::vector<int>;

namespace {

processors alone(int processor) {
  return {processor};
}
processors in_pairs(int processor) {
  return {processor / 2 * 2, processor / 2 * 2 + 1};
}

}  // namespace

BOOST_AUTO_TEST_CASE(free_leaves_it_to_the_scheduler) {
  auto const where = bench::places_for(bench::placement::free, {0, 1}, alone);
  BOOST_TEST(where.near.empty());
  BOOST_TEST(where.far.empty());
}

BOOST_AUTO_TEST_CASE(shared_is_one_processor) {
  auto const where = bench::places_for(bench::placement::shared, {2, 3}, alone);
  BOOST_TEST((where.near == processors{2}));
  BOOST_TEST((where.far == processors{2}));
}

BOOST_AUTO_TEST_CASE(split_is_two_cores) {
  auto const where = bench::places_for(bench::placement::split, {4, 7}, alone);
  BOOST_TEST((where.near == processors{4}));
  BOOST_TEST((where.far == processors{7}));
}

BOOST_AUTO_TEST_CASE(split_avoids_the_sibling_of_a_core) {
  auto const where = bench::places_for(bench::placement::split, {0, 1, 2, 3}, in_pairs);
  BOOST_TEST((where.near == processors{0}));
  BOOST_TEST((where.far == processors{2}));
}

BOOST_AUTO_TEST_CASE(split_takes_the_sibling_if_there_is_no_other_core) {
  auto const where = bench::places_for(bench::placement::split, {0, 1}, in_pairs);
  BOOST_TEST((where.far == processors{1}));
}

BOOST_AUTO_TEST_CASE(lists_are_read_as_the_system_writes_them) {
  BOOST_TEST((bench::parse_processor_list("0") == processors{0}));
  BOOST_TEST((bench::parse_processor_list("0-2,5") == processors{0, 1, 2, 5}));
  BOOST_TEST((bench::parse_processor_list("").empty()));
}

BOOST_AUTO_TEST_CASE(names_go_both_ways) {
  for (auto const name : bench::placement_names)
    BOOST_TEST(bench::name_of(*bench::placement_named(name)) == name);
  BOOST_TEST(!bench::placement_named("elsewhere").has_value());
}

BOOST_AUTO_TEST_CASE(this_machine_allows_at_least_one_processor) {
  BOOST_TEST(!bench::processors_allowed().empty());
}
