// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What is printed about trials whose figures are chosen, as a whole text.
#define BOOST_TEST_MODULE bench.table
#include <boost/test/unit_test.hpp>

#include "../printing.hpp"
#include "../support/chosen_trials.hpp"
#include "report/table.hpp"

namespace bench = trivium::bench;
using namespace trivium::bench::chosen;

BOOST_AUTO_TEST_CASE(a_table_of_known_trials) {
  auto const plan = bulk_plan(12);
  auto const found = bench::analyse(plan, bulk_trials(12), "");
  BOOST_REQUIRE(found.cells.size() == 1U);
  auto const* const expected = R"(BULK: 1 MiB an operation, placement split, 12 rounds
                      Gbit/s  : posix                half   sees CPU ns/KiB switches/MiB   calls/MiB allocs/op  limited by
  posix                 42.3  1                         -      -        260         0.20   1.0 + 5.6         0  receiver
  blocking              42.3  1.002 [1.000, 1.004]  0.2 %  0.3 %        262         0.20   1.0 + 5.6         0  receiver
  asio.write            31.8  0.753 [0.748, 0.757]  0.6 %  1.2 %        360         0.20  16.0 + 5.6         0  receiver
  compared by throughput at the receiver; margin 10 %, adjusted for 1 comparison (Holm):
    blocking     against asio.write        1.331 [1.326, 1.336]   sees 0.6 %  faster by at least 32.6 %
)";
  BOOST_TEST(bench::cell_text(plan, found.cells.front()) == expected);
}

BOOST_AUTO_TEST_CASE(an_answer_in_words) {
  auto const plan = bulk_plan(12);
  auto const found = bench::analyse(plan, bulk_trials(12), "");
  BOOST_TEST(bench::answer_text(plan, found) ==
             "WHICH WAY?\n  bulk         blocking against asio.write: faster by at least 32.6 %\n");
  BOOST_TEST(
      bench::trust_text(plan, found, {}) ==
      "good: 0 of 48 timed trials were spoiled, 0 attempts held again\n"
      "control bulk: posix against itself 1.000 [0.996, 1.004] at 99.8 %: alike; a bias under 0.4 % would "
      "not show\n");
  BOOST_TEST(found.trustworthy());
}

BOOST_AUTO_TEST_CASE(a_new_arm_is_a_row_and_gets_a_word_beside_its_counterpart) {
  std::vector<bench::arm> arms(known.arms.begin(), known.arms.end());
  arms.push_back({.name = "new", .sentence = "of the test", .counterpart = "asio.write"});
  bench::plan_options wanted;
  wanted.scenario = "bulk";
  wanted.arms = {"new", "asio.write"};
  auto const plan = bench::make_plan("quick", {known.scenarios, arms}, wanted);
  auto trials = bulk_trials(12);
  for (auto& each : trials) {
    if (each.arm == "blocking") each.arm = "new";
  }
  auto const found = bench::analyse(plan, trials, "");
  auto const* const expected = R"(BULK: 1 MiB an operation, placement split, 12 rounds
                      Gbit/s  : posix                half   sees CPU ns/KiB switches/MiB   calls/MiB allocs/op  limited by
  posix                 42.3  1                         -      -        260         0.20   1.0 + 5.6         0  receiver
  new                   42.3  1.002 [1.000, 1.004]  0.2 %  0.3 %        262         0.20   1.0 + 5.6         0  receiver
  asio.write            31.8  0.753 [0.748, 0.757]  0.6 %  1.2 %        360         0.20  16.0 + 5.6         0  receiver
  compared by throughput at the receiver; margin 10 %, adjusted for 1 comparison (Holm):
    new          against asio.write        1.331 [1.326, 1.336]   sees 0.6 %  faster by at least 32.6 %
)";
  BOOST_TEST(bench::cell_text(plan, found.cells.front()) == expected);
  BOOST_TEST(bench::answer_text(plan, found) ==
             "WHICH WAY?\n  bulk         new against asio.write: faster by at least 32.6 %\n");
}

BOOST_AUTO_TEST_CASE(a_new_scenario_has_the_columns_that_it_names) {
  bench::scenario const what{.name = "new",
                             .sentence = "of the test",
                             .primary = "cpu_per_kib",
                             .columns = {"switches_per_mib", "throughput"},
                             .per = bench::per::transfer,
                             .answer = "a KiB takes",
                             .operation = 64};
  bench::plan plan;
  plan.cells.push_back(bench::cell_for(known, what, {"posix", "blocking", "asio.write"}));
  plan.cells.front().rounds = 12;
  auto trials = bulk_trials(12);
  std::erase_if(trials, [](bench::trial_record const& each) { return each.cell != 0; });
  auto const found = bench::analyse(plan, trials, "");
  BOOST_TEST(bench::cell_text(plan, found.cells.front())
                 .starts_with("NEW: 64 B an operation, placement split, 12 rounds\n"
                              "                  CPU ns/KiB  : posix                half   sees "
                              "switches/MiB Gbit/s\n"
                              "  posix                  260  1                         -      -         "
                              "0.20   42.3\n"));
  BOOST_TEST(bench::answer_text(plan, found) ==
             "WHICH WAY?\n  new          a KiB takes: blocking 262 ns/KiB\n");
}

BOOST_AUTO_TEST_CASE(eight_rounds_show_an_interval_and_no_word) {
  auto const plan = bulk_plan(8);
  auto const found = bench::analyse(plan, bulk_trials(8), "");
  auto const text = bench::cell_text(plan, found.cells.front());
  BOOST_TEST(text.find("no word from fewer than 9 rounds") != std::string::npos, text);
  BOOST_TEST(bench::trust_text(plan, found, {}).find("control bulk: not testable at 99.8 % in 8 rounds") !=
             std::string::npos);
  BOOST_TEST(found.cells.front().contrasts.front().ratio.within_rounds.within.has_value());
}

BOOST_AUTO_TEST_CASE(five_rounds_show_no_interval) {
  auto const plan = bulk_plan(5);
  auto const found = bench::analyse(plan, bulk_trials(5), "");
  BOOST_TEST(!found.cells.front().contrasts.front().ratio.within_rounds.within.has_value());
  BOOST_TEST(bench::cell_text(plan, found.cells.front()).find('[') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_baseline_that_differs_from_itself_voids_the_run) {
  auto trials = bulk_trials(12);
  for (auto& each : trials) {
    if (each.arm == "posix" && each.position == 3) each.far.seconds = 2;
  }
  auto const plan = bulk_plan(12);
  auto const found = bench::analyse(plan, trials, "");
  BOOST_TEST(!found.trustworthy());
  BOOST_TEST(bench::trust_text(plan, found, {}).find("NOT alike; do not believe this run") !=
             std::string::npos);
}

namespace {

bench::background_load const beside{
    .seconds = 80,
    .busy = 1.0,
    .steal = 0,
    .neighbours = {{.process = 123, .name = "python3", .busy = 0.98, .processor = 1}}};

}  // namespace

BOOST_AUTO_TEST_CASE(a_fifth_spoiled_is_disturbed_by_name_and_judged_at_99_percent) {
  auto const plan = bulk_plan(12);
  auto const found = bench::analyse(plan, spoiled_trials("", 3), "");
  BOOST_TEST(found.health() == bench::health::disturbed);
  BOOST_TEST(found.trustworthy());
  BOOST_TEST(
      bench::trust_text(plan, found, beside)
          .starts_with(
              "disturbed: 12 of 48 timed trials were spoiled, 0 attempts held again\n"
              "  something else ran on processor 1 in 12 trials\n"
              "  beside it ran: python3 (process 123) uses 0.98 of a processor, last seen on processor 1\n"
              "  more than a fifth were spoiled: words are held to 99 % instead of 95\n"));
  auto const text = bench::cell_text(plan, found.cells.front());
  BOOST_TEST(text.find("intervals at 99 %") != std::string::npos, text);
  BOOST_TEST(text.find("faster by at least") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(more_than_half_spoiled_gets_no_word) {
  auto const plan = bulk_plan(12);
  auto const found = bench::analyse(plan, spoiled_trials("", 7), "");
  BOOST_TEST(found.health() == bench::health::spoiled);
  BOOST_TEST(!found.trustworthy());
  BOOST_TEST(bench::trust_text(plan, found, {}).find("no word is said; stop what disturbs and run again") !=
             std::string::npos);
  auto const text = bench::cell_text(plan, found.cells.front());
  BOOST_TEST(text.find("no word: more than half of the trials were spoiled") != std::string::npos, text);
  BOOST_TEST(bench::answer_text(plan, found) == "");
}

BOOST_AUTO_TEST_CASE(the_order_of_trials_shows_if_it_matters) {
  auto const warned = [](double each_position) {
    auto trials = bulk_trials(24);
    for (auto& each : trials) {
      // The arms change places from round to round.
      if (each.cell == 0) each.position = (each.position + each.round) % 4;
      if (each.cell == 0) each.far.seconds = 1 + each_position * static_cast<double>(each.position);
    }
    auto const plan = bulk_plan(24);
    return bench::trust_text(plan, bench::analyse(plan, trials, ""), {})
               .find("the position in the round shows in the results") != std::string::npos;
  };
  BOOST_TEST(warned(0.05));
  BOOST_TEST(!warned(0));
}

BOOST_AUTO_TEST_CASE(where_the_scheduler_chose_modes_are_shown_by_their_cause) {
  auto plan = bulk_plan(12);
  plan.cells[0].placement = bench::placement::free;
  auto trials = bulk_trials(12);
  for (auto& each : trials) {
    if (each.cell != 0 || each.arm != "blocking" || each.round % 2 == 0) continue;
    each.together = 0.9;
    each.far.seconds = 2;
  }
  auto const found = bench::analyse(plan, trials, "");
  auto const text = bench::cell_text(plan, found.cells.front());
  BOOST_TEST(
      text.find("blocking       by where the scheduler put its ends, Gbit/s: on one processor 21.2 in 6 "
                "trials, on two 42.3 in 6 trials") != std::string::npos,
      text);
  BOOST_TEST(text.find("(medians: they ran in different modes)") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(audits_say_what_was_called_and_what_the_kernel_saw) {
  auto const plan = bulk_plan(12);
  auto trials = bulk_trials(12);
  for (auto& each : trials) {
    if (each.cell != 1) continue;
    each.near.calls_seen = each.near.steps["send"].calls["send"];
    each.far.calls_seen = 560;
    each.near.kernel_entries = static_cast<std::int64_t>(each.near.calls_seen);
    each.far.kernel_entries = each.arm == "asio.write" ? 1560 : 562;
  }
  auto const found = bench::analyse(plan, trials, "");
  auto const text = bench::audit_text(plan, found.cells.front());
  auto const* const expected = R"(BULK, counted, a MiB:
  posix            near send 1.00; page faults/op 0 | far recv 5.60; page faults/op 0 | its speed was not that of the timed trials: waits may differ
    660 calls of the C library, 662 entries into the kernel: they agree within 1 %
  blocking         near send 1.00; page faults/op 0 | far recv 5.60; page faults/op 0 | its speed was not that of the timed trials: waits may differ
    660 calls of the C library, 662 entries into the kernel: they agree within 1 %
  asio.write       near send 16.0; page faults/op 0 | far recv 5.60; page faults/op 0 | its speed was not that of the timed trials: waits may differ
    2160 calls of the C library, 3160 entries into the kernel: 46 % apart: the counting library does not see all of it
  under the counting library the throughput at the receiver is 0.02 of what it is without: not used in timed trials
)";
  BOOST_TEST(text == expected);
}

BOOST_AUTO_TEST_CASE(a_sweep_is_a_table_of_two_ways) {
  auto plan = bulk_plan(12);
  plan.cells.push_back(plan.cells[0]);
  plan.cells[3].arms = {"posix", "blocking"};
  plan.cells[3].named = false;
  auto trials = bulk_trials(12);
  for (auto const& each : bulk_trials(12)) {
    if (each.cell != 0 || each.arm == "asio.write") continue;
    trials.push_back(each);
    trials.back().cell = 3;
    if (each.arm == "blocking") trials.back().far.seconds = 2;
  }
  auto const found = bench::analyse(plan, trials, "");
  bench::two_way_table const table{
      .title = "bulk: placement by way", .metric = "throughput", .columns = {{"split", 0}, {"shared", 3}}};
  BOOST_TEST(bench::sweep_text(plan, table, found) ==
             R"(BULK: PLACEMENT BY WAY, Gbit/s, and : posix of the same column
                     split               shared
  posix              42.3                42.3
  blocking           42.3  1.00 +- 0.2 % 21.2  0.50 +- 0.2 %
)");
}

BOOST_AUTO_TEST_CASE(a_plan_says_what_it_takes) {
  BOOST_TEST(
      bench::plan_text(bulk_plan(12)) ==
      R"(plan test: 54 trials in 12 rounds, 28 s (2 of them kept for trials held again); order from seed abc
  bulk                        4 trials x 12 rounds x 0.50 s =  24 s
  bulk                        3 trials x  1 rounds x 0.33 s =   1 s, counting calls, not timed
  bulk                        3 trials x  1 rounds x 0.33 s =   1 s, counting instructions, not timed
)");
}

BOOST_AUTO_TEST_CASE(bars_say_met_missed_not_shown_and_not_measured) {
  auto plan = bulk_plan(12);
  auto const bar = [](char const* arm, double limit, std::size_t cell = 0) {
    return bench::bar{.text = "bulk, 1 MiB",
                      .cell = cell,
                      .metric = "throughput",
                      .arm = arm,
                      .against = "posix",
                      .kind = bench::promise::at_least,
                      .limit = limit};
  };
  auto counted = plan.cells.front();
  counted.instrument = bench::instrument::instructions;
  plan.cells.push_back(counted);
  plan.bars = {bar("blocking", 0.95), bar("asio.write", 0.95), bar("blocking", 1.002),
               bar("blocking", 1.02, 3)};
  auto const found = bench::analyse(plan, bulk_trials(12), "not permitted here");
  auto const* const expected = R"(BULK, 1 MiB
  blocking         : posix             throughput             at least 0.95  1.002 [1.000, 1.004]   met
  asio.write       : posix             throughput             at least 0.95  0.753 [0.748, 0.757]   missed
  blocking         : posix             throughput             at least 1.00  1.002 [1.000, 1.004]   not shown
  blocking         : posix             throughput             at least 1.02  -                      not measured: not permitted here
of 4 bars: 1 met, 1 missed, 1 not shown, 1 not measured
)";
  BOOST_TEST(bench::bars_text(found.bars) == expected);

  // Where most trials were spoiled no promise is said to be kept or broken.
  auto const spoiled = bench::analyse(plan, spoiled_trials("", 7), "not permitted here");
  for (auto const& each : spoiled.bars) BOOST_TEST(each.said == bench::bar_word::not_shown);
}

BOOST_AUTO_TEST_CASE(sizes_and_figures_are_short) {
  BOOST_TEST(bench::size_text(64) == "64 B");
  BOOST_TEST(bench::size_text(4096) == "4 KiB");
  BOOST_TEST(bench::size_text(130 * mib) == "130 MiB");
  BOOST_TEST(bench::size_text(1500) == "1500 B");
  BOOST_TEST(bench::figure_text(0) == "0");
  BOOST_TEST(bench::figure_text(0.123) == "0.12");
  BOOST_TEST(bench::figure_text(12.34) == "12.3");
  BOOST_TEST(bench::figure_text(1234.5) == "1234");
}
