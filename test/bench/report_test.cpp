// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What is printed and written about trials that never took place: the figures are chosen, so the text is
// known.
#define BOOST_TEST_MODULE bench.report
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include "plan/list.hpp"
#include "report/analysis.hpp"
#include "report/checks.hpp"
#include "report/json.hpp"
#include "report/table.hpp"
#include "scenarios/list.hpp"
#include "ways/list.hpp"

namespace bench = trivium::bench;

namespace {

bench::catalogue const known{bench::all_scenarios(), bench::all_arms()};
constexpr std::uint64_t mib = 1 << 20;

bench::plan bulk_plan(std::uint64_t rounds) {
  bench::plan made;
  made.name = "test";
  made.seed = 0xabc;
  auto cell = bench::cell_for(*known.find_scenario("bulk"), {"posix", "blocking", "asio.write"});
  cell.rounds = rounds;
  cell.seconds_a_trial = 0.5;
  made.cells.push_back(cell);
  bench::add_audits(made);
  return made;
}

/// A second in which so many MiB went through at a price of so many nanoseconds a KiB at either end.
bench::trial_record trial(std::string arm, std::uint64_t round, std::uint64_t position, std::uint64_t mibs,
                          double price) {
  bench::trial_record made;
  made.arm = std::move(arm);
  made.round = round;
  made.position = position;
  for (auto* const side : {&made.near, &made.far}) {
    side->congestion = "cubic";
    side->seconds = 1;
    side->steps[side == &made.near ? "send" : "receive"] = {.steps = mibs, .bytes = mibs * mib, .calls = {}};
    side->cpu_user_ns = price * static_cast<double>(mibs) * 1024;
    side->switches_voluntary = mibs / 10;
    side->tcp.busy_us = 1e6;
  }
  made.near.tcp.rwnd_limited_us = 9e5;
  return made;
}

bench::trial_record audit(std::string arm, std::uint64_t sends_a_step) {
  auto made = trial(std::move(arm), 0, 9, 100, 100);
  made.cell = 1;
  made.near.steps["send"].calls = {{"send", 100 * sends_a_step}};
  made.far.steps["receive"].calls = {{"recv", 560}};
  return made;
}

/// `blocking` level with the baseline, `asio.write` at about three quarters of it; every round a little
/// different.
std::vector<bench::trial_record> bulk_trials(std::uint64_t rounds) {
  std::vector<bench::trial_record> all;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    auto const speed = 5000 + 7 * round;
    all.push_back(trial("posix", round, 0, speed, 130));
    all.push_back(trial("blocking", round, 1, speed + round % 3 * 10, 131));
    all.push_back(trial("asio.write", round, 2, speed * 3 / 4 + round % 2 * 30, 180));
    all.push_back(trial("posix", round, 3, round % 2 == 0 ? speed + 20 : speed - 20, 130));
  }
  all.push_back(audit("posix", 1));
  all.push_back(audit("blocking", 1));
  all.push_back(audit("asio.write", 16));
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_table_of_known_trials) {
  auto const plan = bulk_plan(12);
  auto const found = bench::analyse(plan, known, bulk_trials(12), "");
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
  auto const found = bench::analyse(plan, known, bulk_trials(12), "");
  BOOST_TEST(bench::answer_text(plan, found) ==
             "WHICH WAY?\n  bulk         blocking against asio.write: faster by at least 32.6 %\n");
  BOOST_TEST(
      bench::trust_text(plan, found, {}) ==
      "good: 0 of 48 timed trials were spoiled, 0 attempts held again\n"
      "control bulk: posix against itself 1.000 [0.996, 1.004] at 99.8 %: alike; a bias under 0.4 % would "
      "not show\n");
  BOOST_TEST(found.trustworthy());
}

BOOST_AUTO_TEST_CASE(eight_rounds_show_an_interval_and_no_word) {
  auto const plan = bulk_plan(8);
  auto const found = bench::analyse(plan, known, bulk_trials(8), "");
  auto const text = bench::cell_text(plan, found.cells.front());
  BOOST_TEST(text.find("no word from fewer than 9 rounds") != std::string::npos, text);
  BOOST_TEST(bench::trust_text(plan, found, {}).find("control bulk: not testable at 99.8 % in 8 rounds") !=
             std::string::npos);
  BOOST_TEST(found.cells.front().contrasts.front().ratio.within_rounds.within.has_value());
}

BOOST_AUTO_TEST_CASE(five_rounds_show_no_interval) {
  auto const plan = bulk_plan(5);
  auto const found = bench::analyse(plan, known, bulk_trials(5), "");
  BOOST_TEST(!found.cells.front().contrasts.front().ratio.within_rounds.within.has_value());
  BOOST_TEST(bench::cell_text(plan, found.cells.front()).find('[') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_baseline_that_differs_from_itself_voids_the_run) {
  auto trials = bulk_trials(12);
  for (auto& each : trials) {
    if (each.arm == "posix" && each.position == 3) each.far.seconds = 2;
  }
  auto const plan = bulk_plan(12);
  auto const found = bench::analyse(plan, known, trials, "");
  BOOST_TEST(!found.trustworthy());
  BOOST_TEST(bench::trust_text(plan, found, {}).find("NOT alike; do not believe this run") !=
             std::string::npos);
}

namespace {

constexpr auto cause = "something else ran on processor 1";

/// The trials of twelve rounds, of which those of `arm` in the first `rounds` were spoiled.
std::vector<bench::trial_record> spoiled_trials(std::string_view arm, std::uint64_t rounds) {
  auto trials = bulk_trials(12);
  for (auto& each : trials) {
    if (each.cell == 0 && each.round < rounds && (arm.empty() || each.arm == arm)) each.spoiled = cause;
  }
  return trials;
}

bench::company const beside{
    .seconds = 80,
    .busy = 1.0,
    .steal = 0,
    .neighbours = {{.process = 123, .name = "python3", .busy = 0.98, .processor = 1}}};

}  // namespace

BOOST_AUTO_TEST_CASE(a_few_spoiled_trials_are_counted_and_change_nothing) {
  auto const plan = bulk_plan(12);
  auto const found = bench::analyse(plan, known, spoiled_trials("blocking", 5), "");
  BOOST_TEST(found.spoiled == 5U);
  BOOST_TEST((found.health() == bench::health::good));
  BOOST_TEST(found.cells.front().level == 0.95);
}

BOOST_AUTO_TEST_CASE(a_fifth_spoiled_is_disturbed_by_name_and_judged_at_99_percent) {
  auto const plan = bulk_plan(12);
  auto const found = bench::analyse(plan, known, spoiled_trials("", 3), "");
  BOOST_TEST((found.health() == bench::health::disturbed));
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
  auto const found = bench::analyse(plan, known, spoiled_trials("", 7), "");
  BOOST_TEST((found.health() == bench::health::spoiled));
  BOOST_TEST(!found.trustworthy());
  BOOST_TEST(bench::trust_text(plan, found, {}).find("no word is said; stop what disturbs and run again") !=
             std::string::npos);
  auto const text = bench::cell_text(plan, found.cells.front());
  BOOST_TEST(text.find("no word: more than half of the trials were spoiled") != std::string::npos, text);
  BOOST_TEST(bench::answer_text(plan, found) == "");
}

BOOST_AUTO_TEST_CASE(a_later_attempt_counts_in_place_of_the_spoiled_one) {
  auto trials = bulk_trials(12);
  auto again = trials[1];
  trials[1].spoiled = cause;
  trials[1].superseded = true;
  trials[1].far.seconds = 100;  // a hundredth of its speed
  again.attempt = 1;
  trials.push_back(again);
  auto const found = bench::analyse(bulk_plan(12), known, trials, "");
  auto const untouched = bench::analyse(bulk_plan(12), known, bulk_trials(12), "");
  BOOST_TEST(found.repeated == 1U);
  BOOST_TEST(found.spoiled == 1U);
  BOOST_TEST(found.timed == 48U);
  auto const ratio = [](bench::analysis const& of) {
    return of.cells.front().contrasts.front().ratio.within_rounds.estimate;
  };
  BOOST_TEST(ratio(found) == ratio(untouched));
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
    return bench::trust_text(plan, bench::analyse(plan, known, trials, ""), {})
               .find("the position in the round shows in the results") != std::string::npos;
  };
  BOOST_TEST(warned(0.05));
  BOOST_TEST(!warned(0));
}

BOOST_AUTO_TEST_CASE(where_the_scheduler_chose_modes_are_shown_by_their_cause) {
  auto plan = bulk_plan(12);
  plan.cells[0].where = bench::placement::free;
  auto trials = bulk_trials(12);
  for (auto& each : trials) {
    if (each.cell != 0 || each.arm != "blocking" || each.round % 2 == 0) continue;
    each.together = 0.9;
    each.far.seconds = 2;
  }
  auto const found = bench::analyse(plan, known, trials, "");
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
  auto const found = bench::analyse(plan, known, trials, "");
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
  auto const found = bench::analyse(plan, known, trials, "");
  bench::two_way_table const table{
      .title = "bulk: placement by way", .metric = "throughput", .columns = {{"split", 0}, {"shared", 3}}};
  BOOST_TEST(bench::sweep_text(table, found) ==
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
  auto const found = bench::analyse(plan, known, bulk_trials(12), "not permitted here");
  auto const* const expected = R"(BULK, 1 MiB
  blocking         : posix             throughput             at least 0.95  1.002 [1.000, 1.004]   met
  asio.write       : posix             throughput             at least 0.95  0.753 [0.748, 0.757]   missed
  blocking         : posix             throughput             at least 1.00  1.002 [1.000, 1.004]   not shown
  blocking         : posix             throughput             at least 1.02  -                      not measured: not permitted here
of 4 bars: 1 met, 1 missed, 1 not shown, 1 not measured
)";
  BOOST_TEST(bench::bars_text(found.bars) == expected);

  // Where most trials were spoiled no promise is said to be kept or broken.
  auto const spoiled = bench::analyse(plan, known, spoiled_trials("", 7), "not permitted here");
  for (auto const& each : spoiled.bars) BOOST_TEST((each.said == bench::bar_word::not_shown));
}

BOOST_AUTO_TEST_CASE(what_went_through_is_counted_at_the_receiver) {
  auto lossy = trial("posix", 0, 0, 1000, 100);
  lossy.far.steps["receive"].bytes = 500 * mib;
  BOOST_TEST(std::abs(*bench::find_metric("throughput")->of(lossy) - 500.0 * mib * 8e-9) < 1e-9);
}

BOOST_AUTO_TEST_CASE(exact_checks_fail_where_they_should) {
  bench::plan plan;
  bench::cell cell;
  cell.scenario = "answered";
  cell.instrument = bench::instrument::calls;
  plan.cells.push_back(cell);

  bench::trial_record honest;
  honest.arm = "blocking";
  honest.near.send_buffer = 2.5 * mib;
  honest.near.steps["send"] = {.steps = 10, .bytes = 10 * mib, .calls = {{"send", 10}}};
  honest.far.steps["receive"] = {.steps = 10, .bytes = 10 * mib, .calls = {{"recv", 30}, {"poll", 20}}};
  honest.near.way = {.kept = true, .calls = 10, .would_blocks = 0, .waits = 0, .longest_hold_ns = 0};
  honest.far.way = {.kept = true, .calls = 30, .would_blocks = 10, .waits = 20, .longest_hold_ns = 0};
  auto const failures = [&](bench::trial_record const& trial) {
    std::string all;
    for (auto const& each : bench::exact_checks(plan, {trial})) {
      if (!each.holds) all += each.what + ": " + each.seen + "\n";
    }
    return all;
  };
  BOOST_TEST(failures(honest) == "");

  auto liar = honest;
  liar.far.way.calls = 29;
  BOOST_TEST(failures(liar) ==
             "answered, blocking, far end: transfer_result.calls is what was counted: 29 told, 30 counted\n");

  auto chatty = honest;
  chatty.near.steps["send"].calls["send"] = 11;
  chatty.near.way.calls = 11;
  BOOST_TEST(failures(chatty) == "answered, blocking: 1 sends for each MiB sent: 11 in 10 sends\n");

  auto lawless = honest;
  lawless.far.way.waits = 9;
  BOOST_TEST(failures(lawless) ==
             "answered, blocking, far end: calls <= waits + ceil(bytes / 4 MiB) + 1 an operation: 30 calls, "
             "9 waits, "
             "20 for the operations\n");

  auto greedy = honest;
  greedy.near.steps["send"].calls["malloc"] = 1;
  BOOST_TEST(failures(greedy) ==
             "answered, blocking, near end: no allocation in steady state: 1 in 10 operations\n");
  greedy.superseded = true;
  BOOST_TEST(failures(greedy) == "");  // another attempt counts

  auto encrypted = honest;
  encrypted.arm = "tls.blocking";
  encrypted.near.steps["send"].calls = {{"send", 80}, {"malloc", 1280}};
  encrypted.near.way.calls = 80;
  BOOST_TEST(failures(encrypted) == "");
  encrypted.near.way.calls = 79;
  BOOST_TEST(
      failures(encrypted) ==
      "answered, tls.blocking, near end: transfer_result.calls is what was counted: 79 told, 80 counted\n");
}

BOOST_AUTO_TEST_CASE(json_comes_back_as_it_was) {
  bench::result all;
  all.plan = bulk_plan(12);
  all.run.trials = bulk_trials(12);
  all.run.rounds_done = 12;
  all.analysis = bench::analyse(all.plan, known, all.run.trials, "");
  all.started = "2026-01-01T00:00:00Z";
  auto const written = boost::json::parse(boost::json::serialize(bench::to_json(all))).as_object();
  BOOST_TEST(written.at("schema").as_string() == "trivium-bench/1");
  BOOST_TEST(written.at("trials").as_array().size() == all.run.trials.size());
  BOOST_TEST(written.at("cells").as_array().size() == 1U);
  BOOST_TEST(written.at("trustworthy").as_bool());
  auto const& contrast = written.at("cells").as_array()[0].at("contrasts").as_array()[0];
  BOOST_TEST(contrast.at("verdict").at("word").as_string() == "faster");
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
