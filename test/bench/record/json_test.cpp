// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// A result as JSON, and back: what was read says the same bytes as what was written.
#define BOOST_TEST_MODULE bench.json
#include <bit>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>

#include "../printing.hpp"
#include "../support/chosen_trials.hpp"
#include "record/json.hpp"
#include "record/parse.hpp"
#include "report/text.hpp"

namespace bench = trivium::bench;
using namespace trivium::bench::chosen;

namespace {

/// Something of all that there is: bars, a table, a sweep, a check, trials that were spoiled and held again.
bench::result everything() {
  bench::result all;
  all.plan = bulk_plan(12);
  all.plan.cells.push_back(all.plan.cells[0]);
  all.plan.cells[3].named = false;
  all.plan.cells[3].placement = bench::placement::free;
  all.plan.cells[3].warm_up = std::chrono::nanoseconds(123'456'789);
  all.plan.tables = {
      {.title = "bulk: placement", .metric = "throughput", .columns = {{"split", 0}, {"free", 3}}}};
  all.plan.margins = bench::margins::fine;
  all.plan.precision = 0.03;
  all.plan.seed = std::numeric_limits<std::uint64_t>::max();
  all.run.trials = spoiled_trials("blocking", 5);
  for (auto const& each : bulk_trials(12)) {
    if (each.cell != 0) continue;
    all.run.trials.push_back(each);
    all.run.trials.back().cell = 3;
    all.run.trials.back().together = each.round % 2 == 0 ? 0.9 : 0.1;
  }
  // Figures of which no parser that is nearly right makes the same again.
  std::mt19937_64 random(12);
  for (auto& each : all.run.trials) {
    each.near.seconds = 1 + static_cast<double>(random() % 1'000'000) * 1.234567890123e-9;
    each.far.seconds = each.near.seconds * (1 + 1e-3 * static_cast<double>(random() % 1000) / 999);
    each.near.kernel_entries = -1;
  }
  all.run.rounds_done = 12;
  all.run.seconds = 1.0 / 3;
  all.environment.processor = "a \"processor\" \\ of \u00e9";
  all.environment.processors_allowed = {0, 1};
  all.environment.processor_counters_refused = "not permitted; root would be";
  all.environment.speeds = {{.processor = 0, .fast = 82.1, .slow = 118.7}};
  all.environment.costs = {.clock = 17.3, .null_step = 21.9, .reading = 3777.7};
  all.findings = bench::findings_about(all.environment);
  all.background = {.seconds = 80,
                    .busy = 1.0,
                    .steal = 0.021,
                    .neighbours = {{.process = 123, .name = "python3", .busy = 0.98, .processor = 1}}};
  all.checks = {{.what = "a check", .holds = false, .seen = "11 in 10 sends"}};
  all.started = "2026-01-01T00:00:00Z";
  all.remarks = {"not measured: instructions and cycles (not permitted)"};
  all.command = "trivium-bench run --plan test";
  all.analysis = bench::analyse(all.plan, all.run.trials, all.environment.processor_counters_refused);
  return all;
}

bench::result with_bars() {
  auto all = everything();
  for (auto const kind : {bench::promise::at_least, bench::promise::at_most}) {
    all.plan.bars.push_back({.text = "bulk, 1 MiB",
                             .cell = 0,
                             .metric = "throughput",
                             .arm = "blocking",
                             .against = "posix",
                             .kind = kind,
                             .limit = 0.95});
  }
  all.analysis = bench::analyse(all.plan, all.run.trials, all.environment.processor_counters_refused);
  return all;
}

bench::result with_checks() {
  auto all = everything();
  all.plan.exact_checks = true;
  return all;
}

/// What is said of `text`, which cannot be read.
std::string complaint(std::string const& text) {
  try {
    bench::from_text(text);
    return "no complaint";
  } catch (std::runtime_error const& problem) {
    return problem.what();
  }
}

/// Of a whole result in which `change` was made.
template <class Change>
std::string complaint_after(Change change) {
  auto changed = boost::json::parse(bench::to_text(with_bars())).as_object();
  change(changed);
  return complaint(boost::json::serialize(changed));
}

constexpr auto advice = "; read it with the trivium-bench that wrote it, or measure again";

}  // namespace

BOOST_AUTO_TEST_CASE(a_result_that_was_read_says_the_same_bytes) {
  for (auto const& all : {everything(), with_bars(), with_checks()}) {
    auto const text = bench::to_text(all);
    auto const again = bench::from_text(text);
    BOOST_TEST(bench::to_text(again) == text);
    BOOST_TEST(bench::whole_text(again, "x.json") == bench::whole_text(all, "x.json"));
    BOOST_TEST(again.plan.cells[3].warm_up == all.plan.cells[3].warm_up);
    // What is random follows from what was read.
    BOOST_TEST(again.plan.round(3).front().arm == all.plan.round(3).front().arm);
  }
}

BOOST_AUTO_TEST_CASE(an_empty_result_comes_back_too) {
  auto const text = bench::to_text({});
  BOOST_TEST(bench::to_text(bench::from_text(text)) == text);
}

BOOST_AUTO_TEST_CASE(a_number_comes_back_to_the_last_bit) {
  std::mt19937_64 random(7);
  boost::json::array written{0.1 + 0.2,
                             1.0 / 3,
                             -0.0,
                             std::numeric_limits<double>::max(),
                             std::numeric_limits<double>::denorm_min(),
                             5e-324,
                             9007199254740993.0};
  while (written.size() < 20'000) {
    auto const any = std::bit_cast<double>(random());
    if (std::isfinite(any)) written.emplace_back(any);
  }
  auto const found = bench::parse(boost::json::serialize(written));
  BOOST_REQUIRE(!found.error);
  auto const& read = found.value.as_array();
  BOOST_REQUIRE(read.size() == written.size());
  std::size_t different = 0;
  for (std::size_t i = 0; i < read.size(); ++i) {
    different += std::bit_cast<std::uint64_t>(read[i].as_double()) !=
                 std::bit_cast<std::uint64_t>(written[i].as_double());
  }
  BOOST_TEST(different == 0U);
}

BOOST_AUTO_TEST_CASE(everything_else_of_json_is_read_as_the_library_reads_it) {
  auto const* const text =
      R"({"a": [1, -2, 18446744073709551615, true, false, null, {}, [], ""], "\u00e9\n": "\ud83d\ude00"})";
  auto const found = bench::parse(text);
  BOOST_REQUIRE(!found.error);
  BOOST_TEST(found.value == boost::json::parse(text));
}

BOOST_AUTO_TEST_CASE(what_is_no_result_is_refused_with_the_place) {
  constexpr auto who = "; 'run' writes a result, and --json says where";
  auto const schema = std::string("is no result: it does not say \"schema\": \"trivium-bench/4\"") + who;
  BOOST_TEST(complaint("") == std::string("is no result: it is empty") + who);
  BOOST_TEST(complaint(" \n") == std::string("is no result: it is empty") + who);
  BOOST_TEST(complaint("hello") == std::string("is no result: at byte 0: syntax error") + who);
  BOOST_TEST(complaint("{\"a\": 1e999}").starts_with("is no result: at byte "));
  BOOST_TEST(complaint("{} {}") == std::string("is no result: at byte 3: extra data") + who);
  for (auto const* const text : {"[]", "{}", "17", "{\"schema\": 2}", "{\"schema\": \"another/2\"}"})
    BOOST_TEST(complaint(text) == schema, text);
}

BOOST_AUTO_TEST_CASE(another_version_is_refused_with_who_reads_it) {
  BOOST_TEST(complaint_after([](auto& all) { all["schema"] = "trivium-bench/1"; }) ==
             std::string("is of schema trivium-bench/1, and this program reads trivium-bench/4") + advice);
}

BOOST_AUTO_TEST_CASE(a_truncated_result_is_refused_wherever_it_ends) {
  auto const text = bench::to_text(everything());
  // Everywhere in a part that holds words, numbers and texts, and here and there in the rest.
  for (std::size_t i = 1; i + 2 < text.size(); i += i < 4000 ? 1 : 997) {
    auto const said = complaint(text.substr(0, i));
    BOOST_TEST(said == "ends in the middle, after " + std::to_string(i) +
                           " bytes: it was not written to its end; take another copy, or measure again");
  }
}

BOOST_AUTO_TEST_CASE(what_does_not_hold_together_is_refused_with_its_name) {
  auto const whole = std::string("is not a whole result: ");
  BOOST_TEST(complaint_after([](auto& all) { all.erase("trials"); }) ==
             whole + "trials: is missing" + advice);
  BOOST_TEST(complaint_after([](auto& all) { all["plan"].at("cells").at(2).as_object().erase("window"); }) ==
             whole + "plan.cells[2].window: is missing" + advice);
  BOOST_TEST(complaint_after([](auto& all) { all["plan"].at("cells").at(2).at("window") = 1e300; }) ==
             whole + "plan.cells[2].window: no time that a trial takes" + advice);
  BOOST_TEST(complaint_after([](auto& all) { all["trials"] = 3; }) ==
             whole + "trials: not an array" + advice);
  BOOST_TEST(complaint_after([](auto& all) { all["trials"].at(7) = "x"; }) ==
             whole + "trials[7]: not an object" + advice);
  BOOST_TEST(complaint_after([](auto& all) {
               all["trials"].at(7).at("near").at("seconds") = "x";
             }).starts_with(whole + "trials[7].near.seconds: "));
  BOOST_TEST(complaint_after([](auto& all) {
               all["trials"].at(7).at("cell") = -1;
             }).starts_with(whole + "trials[7].cell: "));
  BOOST_TEST(complaint_after([](auto& all) { all["trials"].at(7).at("cell") = 4; }) ==
             whole + "trials[7].cell: of 4 cells there is none of number 4" + advice);
  BOOST_TEST(complaint_after([](auto& all) { all["plan"].at("bars").at(1).at("cell") = 9; }) ==
             whole + "plan.bars[1].cell: of 4 cells there is none of number 9" + advice);
  BOOST_TEST(complaint_after([](auto& all) {
               all["plan"].at("tables").at(0).at("columns").at(1).at(1) = 9;
             }) == whole + "plan.tables[0]: of 4 cells there is none of number 9" + advice);
  BOOST_TEST(complaint_after([](auto& all) { all["plan"].at("cells").at(1).at("primary") = "speed"; }) ==
             whole + "plan.cells[1].primary: there is no metric \"speed\"" + advice);
  BOOST_TEST(complaint_after([](auto& all) {
               all["plan"].at("cells").at(1).at("placement") = "left";
             }).starts_with(whole + "plan.cells[1].placement: "));
  // What another program may add is passed over.
  BOOST_TEST(complaint_after([](auto& all) {
               all["more"] = 1;
               all["plan"].at("cells").at(0).as_object()["more"] = 1;
             }) == "no complaint");
}

BOOST_AUTO_TEST_CASE(json_comes_back_as_it_was) {
  bench::result all;
  all.plan = bulk_plan(12);
  all.run.trials = bulk_trials(12);
  all.run.rounds_done = 12;
  all.analysis = bench::analyse(all.plan, all.run.trials, "");
  all.started = "2026-01-01T00:00:00Z";
  auto const written = boost::json::parse(boost::json::serialize(bench::to_json(all))).as_object();
  BOOST_TEST(written.at("schema").as_string() == "trivium-bench/4");
  BOOST_TEST(written.at("trials").as_array().size() == all.run.trials.size());
  BOOST_TEST(written.at("cells").as_array().size() == 1U);
  BOOST_TEST(written.at("trustworthy").as_bool());
  auto const& contrast = written.at("cells").as_array()[0].at("contrasts").as_array()[0];
  BOOST_TEST(contrast.at("verdict").at("word").as_string() == "faster");
}
