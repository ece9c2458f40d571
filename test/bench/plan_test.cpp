// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What will be measured is fixed beforehand: its arithmetic, its order, and what it may take.
#define BOOST_TEST_MODULE bench.plan
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <set>

#include "plan/list.hpp"
#include "scenarios/list.hpp"
#include "trial/metrics.hpp"
#include "ways/list.hpp"

namespace bench = trivium::bench;

namespace {

bench::catalogue const known{bench::all_scenarios(), bench::all_arms()};

bench::plan made(std::string_view name, bench::plan_options const& wanted = {}) {
  for (auto const& each : bench::all_plans()) {
    if (each.name == name) return each.make(known, wanted);
  }
  throw std::invalid_argument("no such plan");
}

bench::plan_options with_seed(std::uint64_t seed) {
  bench::plan_options wanted;
  wanted.seed = seed;
  return wanted;
}

}  // namespace

BOOST_AUTO_TEST_CASE(plans_end_within_what_they_promise) {
  // With a tenth of room, which is what a measured time may be above the printed one.
  BOOST_TEST(made("quick").seconds() * 1.1 <= 100);
  BOOST_TEST(made("bars").seconds() * 1.1 <= 240);
  BOOST_TEST(made("smoke").seconds() * 1.1 <= 15);
}

BOOST_AUTO_TEST_CASE(trials_and_seconds_add_up) {
  for (auto const& each : bench::all_plans()) {
    auto const plan = each.make(known, {});
    std::uint64_t trials = 0;
    for (std::uint64_t round = 0; round < plan.rounds(); ++round) trials += plan.round(round).size();
    BOOST_TEST(trials == plan.trials(), each.name);
    double seconds = 0;
    for (auto const& cell : plan.cells) {
      seconds += cell.seconds_a_trial * static_cast<double>(cell.trials_a_round() * cell.rounds);
    }
    BOOST_TEST(std::abs(seconds - plan.seconds()) < 1e-6, each.name);
  }
}

BOOST_AUTO_TEST_CASE(a_round_holds_every_arm_once_and_the_baseline_in_either_half) {
  auto const plan = made("quick", with_seed(7));
  for (std::uint64_t round = 0; round < plan.rounds(); ++round) {
    std::map<std::size_t, std::vector<std::string>> by_cell;
    for (auto const& each : plan.round(round)) by_cell[each.cell].push_back(each.arm);
    for (auto const& [cell, arms] : by_cell) {
      std::set<std::string> const distinct(arms.begin(), arms.end());
      BOOST_TEST(distinct.size() == plan.cells[cell].arms.size());
      BOOST_TEST(arms.size() == plan.cells[cell].trials_a_round());
      if (!plan.cells[cell].baseline_twice) continue;
      auto const first = std::find(arms.begin(), arms.end(), bench::baseline) - arms.begin();
      auto const second = arms.rend() - std::find(arms.rbegin(), arms.rend(), bench::baseline) - 1;
      auto const half = static_cast<std::ptrdiff_t>(arms.size()) / 2;
      BOOST_TEST(first <= half);
      BOOST_TEST(second >= half);
      BOOST_TEST(first < second);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_order_follows_from_the_seed) {
  auto const order = [](std::uint64_t seed, std::uint64_t round) {
    std::string all;
    for (auto const& each : made("quick", with_seed(seed)).round(round)) all += each.arm + " ";
    return all;
  };
  BOOST_TEST(order(1, 3) == order(1, 3));
  BOOST_TEST(order(1, 3) != order(2, 3));
  BOOST_TEST(order(1, 3) != order(1, 4));
}

BOOST_AUTO_TEST_CASE(every_timed_cell_of_quick_has_an_audit_and_no_other) {
  auto const plan = made("quick");
  for (auto const& cell : plan.cells) {
    auto const audits = std::count_if(plan.cells.begin(), plan.cells.end(), [&](bench::cell const& other) {
      return other.title == cell.title && other.instrument == bench::instrument::calls;
    });
    BOOST_TEST(audits == 1);
  }
}

BOOST_AUTO_TEST_CASE(the_user_chooses_scenario_arms_and_rounds) {
  bench::plan_options wanted;
  wanted.scenario = "stream";
  wanted.arms = {"async"};
  wanted.rounds = 3;
  auto const plan = made("quick", wanted);
  BOOST_TEST(plan.cells.size() == 2U);
  BOOST_TEST(plan.cells[0].scenario == "stream");
  BOOST_TEST(plan.rounds() == 3U);
  // The baseline is always there.
  BOOST_TEST((plan.cells[0].arms == std::vector<std::string>{"posix", "async"}));
}

BOOST_AUTO_TEST_CASE(the_family_is_the_ways_and_their_counterparts) {
  BOOST_TEST(
      bench::named_contrasts({"posix", "blocking", "nonblocking", "async", "asio.write", "asio.async_write"})
          .size() == 6U);
  BOOST_TEST(bench::named_contrasts({"posix", "blocking", "async"}).size() == 1U);
  BOOST_TEST(bench::named_contrasts({"posix"}).empty());
}

BOOST_AUTO_TEST_CASE(what_plans_name_exists) {
  for (auto const& each : bench::all_plans()) {
    auto const plan = each.make(known, {});
    for (auto const& cell : plan.cells) {
      BOOST_TEST((known.find_scenario(cell.scenario) != nullptr));
      BOOST_TEST((bench::find_metric(known.find_scenario(cell.scenario)->primary) != nullptr));
      for (auto const& arm : cell.arms) BOOST_TEST((known.find_arm(arm) != nullptr), arm);
      if (!cell.far_arm.empty()) BOOST_TEST((known.find_arm(cell.far_arm) != nullptr));
    }
    for (auto const& bar : plan.bars) {
      BOOST_TEST((bench::find_metric(bar.metric) != nullptr), bar.metric);
      auto const& arms = plan.cells.at(bar.cell).arms;
      BOOST_TEST((std::find(arms.begin(), arms.end(), bar.arm) != arms.end()), bar.arm);
      BOOST_TEST((std::find(arms.begin(), arms.end(), bar.against) != arms.end()), bar.against);
    }
  }
}

BOOST_AUTO_TEST_CASE(no_two_scenarios_or_arms_share_a_name) {
  std::set<std::string_view> names;
  for (auto const& each : known.arms) BOOST_TEST(names.insert(each.name).second, each.name);
  for (auto const& each : known.scenarios) BOOST_TEST(names.insert(each.name).second, each.name);
}
