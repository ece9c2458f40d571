// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What will be measured is fixed beforehand: its arithmetic, its order, and what it may take.
#define BOOST_TEST_MODULE bench.plan
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <set>

#include "../printing.hpp"
#include "analysis/metrics.hpp"
#include "plan/conduct.hpp"
#include "plan/list.hpp"
#include "scenarios/list.hpp"
#include "ways/list.hpp"

namespace bench = trivium::bench;
using namespace std::chrono_literals;

namespace {

bench::catalogue const known{bench::all_scenarios(), bench::all_arms()};

bench::plan made(std::string_view name, bench::plan_options const& wanted = {}) {
  for (auto const& each : bench::all_plans()) {
    if (each.name == name) return bench::make_plan(name, known, wanted);
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
  BOOST_TEST(made("standard").seconds() * 1.1 <= 720);
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
    BOOST_TEST(std::abs(seconds - plan.trial_seconds()) < 1e-6, each.name);
    BOOST_TEST(plan.seconds() >= plan.trial_seconds(), each.name);
    BOOST_TEST(plan.seconds() <= plan.trial_seconds() * 1.1, each.name);
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
      auto const first = std::find(arms.begin(), arms.end(), plan.cells[cell].baseline) - arms.begin();
      auto const second = arms.rend() - std::find(arms.rbegin(), arms.rend(), plan.cells[cell].baseline) - 1;
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

BOOST_AUTO_TEST_CASE(every_timed_cell_has_an_audit_of_each_kind_and_no_other) {
  for (auto const* const name : {"quick", "standard"}) {
    auto const plan = made(name);
    for (auto const& cell : plan.cells) {
      for (auto const carried :
           {bench::instrument::none, bench::instrument::calls, bench::instrument::instructions}) {
        auto const n = std::count_if(plan.cells.begin(), plan.cells.end(), [&](bench::cell const& other) {
          return other.title == cell.title && other.instrument == carried;
        });
        BOOST_TEST(n == 1, cell.title);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_budget_chooses_the_rounds_and_is_kept) {
  bench::plan_options wanted;
  wanted.budget = 60;
  auto const plan = made("quick", wanted);
  BOOST_TEST(plan.rounds() >= 6U);
  BOOST_TEST(plan.seconds() <= 60);
  auto more = plan;
  for (auto& each : more.cells) {
    if (each.instrument == bench::instrument::none) ++each.rounds;
  }
  BOOST_TEST(more.seconds() > 60);
}

BOOST_AUTO_TEST_CASE(a_budget_too_small_for_an_interval_is_refused_with_what_it_takes) {
  bench::plan_options wanted;
  wanted.budget = 10;
  try {
    made("quick", wanted);
    BOOST_ERROR("a plan of too few rounds");
  } catch (std::invalid_argument const& problem) {
    std::string const said = problem.what();
    BOOST_TEST(said.starts_with("a budget of 10 s holds "), said);
    BOOST_TEST(said.find("fewer than 6 give no interval: that takes ") != std::string::npos, said);
  }
}

BOOST_AUTO_TEST_CASE(a_precision_is_looked_for_within_the_budget) {
  bench::plan_options wanted;
  wanted.precision = 0.02;
  BOOST_TEST(made("quick", wanted).rounds() == 100U);
  BOOST_TEST(made("quick", wanted).precision == 0.02);
  wanted.budget = 60;
  BOOST_TEST(made("quick", wanted).seconds() <= 60);
}

BOOST_AUTO_TEST_CASE(looks_begin_where_words_do_and_are_rare) {
  std::vector<std::uint64_t> looks;
  for (std::uint64_t round = 1; round <= 16; ++round) {
    if (bench::is_a_look(round)) looks.push_back(round);
  }
  BOOST_TEST(looks == (std::vector<std::uint64_t>{9, 11, 13, 15}));
}

BOOST_AUTO_TEST_CASE(what_spoils_most_of_a_round_is_not_repeated_nor_is_time_overdrawn) {
  BOOST_TEST(bench::worth_repeating(1, 19, 5, 0.4));
  BOOST_TEST(bench::worth_repeating(9, 19, 5, 0.4));
  BOOST_TEST(!bench::worth_repeating(10, 19, 5, 0.4));
  BOOST_TEST(!bench::worth_repeating(1, 19, 0.3, 0.4));
}

BOOST_AUTO_TEST_CASE(sweeps_change_one_thing_and_are_not_tested) {
  auto const plan = made("standard");
  std::set<bench::placement> places;
  std::set<std::uint64_t> sizes;
  std::set<std::string> receivers;
  for (auto const& cell : plan.cells) {
    if (cell.named) continue;
    auto const changed = (cell.placement != bench::placement::split ? 1 : 0) +
                         (cell.far_arm.empty() ? 0 : 1) +
                         (cell.operation != known.find_scenario(cell.scenario)->operation ? 1 : 0);
    BOOST_TEST(changed <= 1, cell.title);
    places.insert(cell.placement);
    if (cell.scenario == "bulk") sizes.insert(cell.operation);
    if (cell.scenario == "bulk") receivers.insert(cell.far_arm);
  }
  BOOST_TEST(places.size() == 3U);
  BOOST_TEST(sizes.size() == 5U);
  BOOST_TEST(receivers.size() == 4U);  // three, and each arm with itself
  BOOST_TEST(plan.tables.size() >= 4U);
}

BOOST_AUTO_TEST_CASE(plans_of_more_rounds_have_narrower_margins) {
  auto const& throughput = *bench::find_metric("throughput");
  BOOST_TEST(throughput.margin == 0.10);
  BOOST_TEST(throughput.fine_margin == 0.05);
  BOOST_TEST(bench::find_metric("p50")->margin == 0.03);
  BOOST_TEST(bench::find_metric("p99")->margin == 0.15);
  BOOST_TEST(made("quick").margins == bench::margins::coarse);
  BOOST_TEST(made("standard").margins == bench::margins::fine);
}

BOOST_AUTO_TEST_CASE(the_user_chooses_scenario_arms_and_rounds) {
  bench::plan_options wanted;
  wanted.scenario = "stream";
  wanted.arms = {"async"};
  wanted.rounds = 3;
  auto const plan = made("quick", wanted);
  BOOST_TEST(plan.cells.size() == 3U);  // with its two audits
  BOOST_TEST(plan.cells[0].scenario == "stream");
  BOOST_TEST(plan.rounds() == 3U);
  // The baseline is always there.
  BOOST_TEST(plan.cells[0].arms == (std::vector<std::string>{"posix", "async"}));
}

BOOST_AUTO_TEST_CASE(the_family_is_the_ways_and_their_counterparts) {
  auto const family = [](std::vector<std::string> arms) {
    std::string all;
    for (auto const& each : bench::cell_for(known, known.scenarios.front(), std::move(arms)).comparisons)
      all += each.arm + ":" + each.against + " ";
    return all;
  };
  BOOST_TEST(family({"posix", "async", "asio.async_write", "asio.write", "nonblocking", "blocking"}) ==
             "blocking:nonblocking blocking:async nonblocking:async blocking:asio.write "
             "nonblocking:asio.write async:asio.async_write ");
  BOOST_TEST(family({"posix", "blocking", "async"}) == "blocking:async ");
  BOOST_TEST(family({"posix", "posix.twin", "posix.slowed"}) == "posix.twin:posix posix.slowed:posix ");
  BOOST_TEST(family({"posix"}) == "");
  if (known.find_arm("tls.blocking") != nullptr) {
    BOOST_TEST(family({"tls.blocking", "asio.ssl", "tls.async", "asio.ssl.async"}) ==
               "tls.blocking:asio.ssl tls.async:asio.ssl.async ");
  }
}

BOOST_AUTO_TEST_CASE(a_question_is_put_to_baseline_ways_and_counterparts) {
  using names = std::vector<std::string>;
  auto const plan = made("quick");
  BOOST_TEST(plan.cells.at(0).arms ==
             (names{"posix", "blocking", "nonblocking", "async", "asio.write", "asio.async_write"}));
  // `held` asks who is held: asio.write would say what blocking says.
  BOOST_TEST(plan.cells.at(2).scenario == "held");
  BOOST_TEST(
      (plan.cells.at(2).arms == names{"posix", "blocking", "nonblocking", "async", "asio.async_write"}));
}

BOOST_AUTO_TEST_CASE(a_new_way_is_asked_about_beside_the_others) {
  std::vector<bench::arm> arms(known.arms.begin(), known.arms.end());
  arms.push_back({.name = "new", .sentence = "of the test", .is_way = true, .counterpart = "posix.epoll"});
  auto const plan = bench::make_plan("quick", {known.scenarios, arms}, {});
  auto const& bulk = plan.cells.front();
  for (auto const* const name : {"new", "posix.epoll"})
    BOOST_TEST(std::count(bulk.arms.begin(), bulk.arms.end(), name) != 0, name);
  BOOST_TEST(bulk.ways.size() == 4U);
  BOOST_TEST(bulk.comparisons.size() == 10U);  // six among four ways, and four counterparts
}

BOOST_AUTO_TEST_CASE(a_server_is_compared_with_a_loop_for_many_connections_and_asked_by_one) {
  using names = std::vector<std::string>;
  bench::plan_options wanted;
  wanted.scenario = "connections";
  wanted.connections = 1000;
  auto const plan = bench::make_plan("quick", known, wanted);
  auto const& cell = plan.cells.at(0);
  BOOST_TEST(cell.connections == 1000U);
  BOOST_TEST(cell.baseline == "posix.loop");
  BOOST_TEST(cell.far_arm == "posix.loop");
  BOOST_TEST((cell.arms == names{"posix.loop", "nonblocking", "async", "asio.async_write"}));
  wanted.connections = 0;
  BOOST_TEST((bench::make_plan("quick", known, wanted).cells.at(0).arms ==
              names{"posix.loop", "blocking", "nonblocking", "async", "asio.write", "asio.async_write"}));
}

// A server of several threads has several processors only where the scheduler may choose.
BOOST_AUTO_TEST_CASE(service_times_are_compared_between_a_thread_each_one_loop_and_a_loop_each_processor) {
  auto const plan = made("servers");
  std::vector<std::int64_t> works;
  for (auto const& cell : plan.cells) {
    if (cell.scenario != "service_time") continue;
    works.push_back(cell.work / 1us);
    BOOST_TEST(cell.primary == "p99");
    BOOST_TEST((cell.placement == bench::placement::free));
    // Where each of the others is answered once while the slow request is served, a thousand times in all.
    BOOST_TEST((cell.window >= cell.work * 1000 / (cell.connections - 1)));
    BOOST_TEST(cell.comparisons.size() == 3U);
    for (auto const& each : cell.comparisons) {
      for (auto const& arm : {each.arm, each.against})
        BOOST_TEST((std::find(cell.arms.begin(), cell.arms.end(), arm) != cell.arms.end()), arm);
    }
  }
  BOOST_TEST(works == (std::vector<std::int64_t>{0, 10, 100, 1000, 10'000}),
             boost::test_tools::per_element());
  BOOST_TEST(plan.seconds() <= 240);
}

BOOST_AUTO_TEST_CASE(a_fixed_rate_is_in_the_title) {
  bench::plan_options wanted;
  wanted.scenario = "connections";
  wanted.rate = 20'000;
  auto const plan = made("quick", wanted);
  BOOST_TEST(plan.cells.front().title == "connections, 100 at 20000/s");
  BOOST_TEST(plan.cells.front().rate == 20'000U);
}

BOOST_AUTO_TEST_CASE(a_chosen_service_time_is_in_the_title_and_in_the_window) {
  bench::plan_options wanted;
  wanted.scenario = "service_time";
  wanted.work = 20ms;
  auto const plan = made("quick", wanted);
  BOOST_TEST(plan.cells.front().title == "service_time, 20 ms");
  BOOST_TEST((plan.cells.front().work == 20ms));
  BOOST_TEST((plan.cells.front().window >= 20ms * 1000 / 7));
  wanted.work = 0ms;
  wanted.connections = 100;
  BOOST_TEST(made("quick", wanted).cells.front().title == "service_time, no work, 100 connections");
}

BOOST_AUTO_TEST_CASE(nobody_is_asked_for_a_thread_for_each_of_a_thousand_connections) {
  auto const plan = made("connections");
  std::set<std::uint64_t> counts;
  for (auto const& cell : plan.cells) {
    counts.insert(cell.connections);
    for (auto const& arm : cell.arms)
      BOOST_TEST((cell.connections <= 200U || !known.find_arm(arm)->holds_thread), arm);
  }
  BOOST_TEST((counts == std::set<std::uint64_t>{1, 10, 100, 1000, 10'000}));
  BOOST_TEST(plan.seconds() <= 240);
}

BOOST_AUTO_TEST_CASE(what_arms_and_scenarios_name_exists) {
  for (auto const& each : known.arms) {
    if (each.counterpart.empty()) continue;
    BOOST_TEST_CONTEXT(each.name) {
      auto const* const other = known.find_arm(each.counterpart);
      BOOST_TEST_REQUIRE(other != nullptr);
      BOOST_TEST(other->wire == each.wire);
      BOOST_TEST(other->name != each.name);
    }
  }
  for (auto const& each : known.scenarios) {
    BOOST_TEST_CONTEXT(each.name) {
      BOOST_TEST(bench::find_metric(each.primary) != nullptr);
      BOOST_TEST(!each.columns.empty());
      for (auto const name : each.columns) BOOST_TEST(bench::find_metric(name) != nullptr, name);
      BOOST_TEST(known.find_arm(each.baseline) != nullptr);
      if (!each.far_arm.empty()) BOOST_TEST(known.find_arm(each.far_arm) != nullptr);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_plans_name_exists) {
  for (auto const& each : bench::all_plans()) {
    auto const plan = each.make(known, {});
    for (auto const& cell : plan.cells) {
      BOOST_TEST(known.find_scenario(cell.scenario) != nullptr);
      BOOST_TEST(bench::find_metric(known.find_scenario(cell.scenario)->primary) != nullptr);
      for (auto const& arm : cell.arms) BOOST_TEST(known.find_arm(arm) != nullptr, arm);
      if (!cell.far_arm.empty()) BOOST_TEST(known.find_arm(cell.far_arm) != nullptr);
      if (cell.baseline_twice)
        BOOST_TEST(std::count(cell.arms.begin(), cell.arms.end(), cell.baseline) == 1, cell.title);
      for (auto const& arm : cell.arms)
        BOOST_TEST((cell.connections == 1 || !known.find_arm(arm)->one_connection), arm);
    }
    for (auto const& bar : plan.bars) {
      BOOST_TEST(bench::find_metric(bar.metric) != nullptr, bar.metric);
      auto const& arms = plan.cells.at(bar.cell).arms;
      BOOST_TEST(std::count(arms.begin(), arms.end(), bar.arm) != 0, bar.arm);
      BOOST_TEST(std::count(arms.begin(), arms.end(), bar.against) != 0, bar.against);
    }
  }
}

BOOST_AUTO_TEST_CASE(no_two_scenarios_or_arms_share_a_name) {
  std::set<std::string_view> names;
  for (auto const& each : known.arms) BOOST_TEST(names.insert(each.name).second, each.name);
  for (auto const& each : known.scenarios) BOOST_TEST(names.insert(each.name).second, each.name);
}
