// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Where the two ends go, on machines of every shape.
#define BOOST_TEST_MODULE bench.placement
#include <boost/test/unit_test.hpp>
#include <vector>

#include "../printing.hpp"
#include "trial/disturbance.hpp"
#include "trial/placement.hpp"
#include "trial/stay.hpp"

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
  BOOST_TEST(where.near == processors{2});
  BOOST_TEST(where.far == processors{2});
}

BOOST_AUTO_TEST_CASE(split_is_two_cores) {
  auto const where = bench::places_for(bench::placement::split, {4, 7}, alone);
  BOOST_TEST(where.near == processors{4});
  BOOST_TEST(where.far == processors{7});
}

BOOST_AUTO_TEST_CASE(split_avoids_the_sibling_of_a_core) {
  auto const where = bench::places_for(bench::placement::split, {0, 1, 2, 3}, in_pairs);
  BOOST_TEST(where.near == processors{0});
  BOOST_TEST(where.far == processors{2});
}

BOOST_AUTO_TEST_CASE(split_takes_the_sibling_if_there_is_no_other_core) {
  auto const where = bench::places_for(bench::placement::split, {0, 1}, in_pairs);
  BOOST_TEST(where.far == processors{1});
}

BOOST_AUTO_TEST_CASE(lists_are_read_as_the_system_writes_them) {
  BOOST_TEST(bench::parse_processor_list("0") == processors{0});
  BOOST_TEST(bench::parse_processor_list("0-2,5") == (processors{0, 1, 2, 5}));
  BOOST_TEST(bench::parse_processor_list("").empty());
}

BOOST_AUTO_TEST_CASE(names_go_both_ways) {
  for (auto const name : bench::placement_names)
    BOOST_TEST(bench::name_of(*bench::placement_named(name)) == name);
  BOOST_TEST(!bench::placement_named("elsewhere").has_value());
}

BOOST_AUTO_TEST_CASE(this_machine_allows_at_least_one_processor) {
  BOOST_TEST(!bench::processors_allowed().empty());
}

BOOST_AUTO_TEST_CASE(time_together_is_where_two_stays_overlap) {
  std::vector<bench::stay> const one{{0, 0}, {40, 1}};
  std::vector<bench::stay> const other{{0, 1}, {70, 0}};
  BOOST_TEST(bench::share_together(one, other, 0, 100) == 0.3);  // from 40 to 70, on processor 1
  BOOST_TEST(bench::share_together(one, one, 0, 100) == 1);
  BOOST_TEST(bench::share_together(one, other, 40, 70) == 1);
  BOOST_TEST(bench::share_together(one, other, 100, 100) == 0);
  BOOST_TEST(bench::share_together({}, other, 0, 100) == 0);
  auto const shares = bench::shares_of(one, 20, 120);
  BOOST_TEST(shares.at("0") == 0.2);
  BOOST_TEST(shares.at("1") == 0.8);
}

namespace {

bench::side_record quiet_end(char const* processor) {
  bench::side_record end;
  end.seconds = 0.25;
  end.queue_wait_ns = 0.04 * 0.25e9;
  end.processors = {{processor, 1.0}};
  return end;
}

bench::places const apart{.near = {0}, .far = {1}};

}  // namespace

BOOST_AUTO_TEST_CASE(a_quiet_trial_stands) {
  BOOST_TEST(bench::disturbance_of(quiet_end("0"), quiet_end("1"), bench::placement::split, apart) == "");
}

BOOST_AUTO_TEST_CASE(an_end_that_waits_for_its_own_core_spoils_a_trial) {
  auto far = quiet_end("1");
  far.queue_wait_ns = 0.06 * 0.25e9;
  BOOST_TEST(bench::disturbance_of(quiet_end("0"), far, bench::placement::split, apart) ==
             "something else ran on processor 1");
  // Two ends on one core wait for each other.
  BOOST_TEST(bench::disturbance_of(quiet_end("0"), far, bench::placement::shared, {{0}, {0}}) == "");
  BOOST_TEST(bench::disturbance_of(quiet_end("0"), far, bench::placement::free, {}) == "");
}

BOOST_AUTO_TEST_CASE(an_end_on_a_core_not_its_own_spoils_a_trial) {
  BOOST_TEST(bench::disturbance_of(quiet_end("1"), quiet_end("1"), bench::placement::split, apart) ==
             "the near end ran on processor 1, which is not its own");
}

BOOST_AUTO_TEST_CASE(an_end_that_never_ran_spoils_a_trial_wherever_it_is) {
  auto near = quiet_end("0");
  near.seconds = 0;
  BOOST_TEST(bench::disturbance_of(near, quiet_end("1"), bench::placement::free, {}) ==
             "the near end was kept from running through the whole window");
}
