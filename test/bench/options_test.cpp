// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What the user types, and what is said when it is not understood.
#define BOOST_TEST_MODULE bench.options
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>
#include <iterator>
#include <vector>

#include "machine/environment.hpp"
#include "options.hpp"
#include "printing.hpp"
#include "report/table.hpp"
#include "scenarios/list.hpp"
#include "suggest.hpp"
#include "ways/list.hpp"

namespace bench = trivium::bench;
using namespace std::chrono_literals;

namespace {

bench::request parsed(std::vector<char const*> words) {
  words.insert(words.begin(), "trivium-bench");
  return bench::parse_options(static_cast<int>(words.size()), words.data(),
                              {bench::all_scenarios(), bench::all_arms()}, 42);
}

std::string whole_complaint(std::vector<char const*> words) {
  auto const asked = parsed(std::move(words));
  auto const* const usage = std::get_if<bench::usage>(&asked);
  return usage == nullptr || !usage->mistake ? "no complaint" : usage->text;
}

/// The first line of the complaint.
std::string complaint(std::vector<char const*> words) {
  auto const all = whole_complaint(std::move(words));
  return all.substr(0, all.find('\n'));
}

/// What is printed for somebody who made no mistake.
std::string told(std::vector<char const*> words) {
  auto const asked = parsed(std::move(words));
  auto const* const usage = std::get_if<bench::usage>(&asked);
  return usage == nullptr || usage->mistake ? "nothing" : usage->text;
}

bench::run_request run(std::vector<char const*> words) {
  words.insert(words.begin(), "run");
  return std::get<bench::run_request>(parsed(std::move(words)));
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_bare_run_is_quick_on_split_cores) {
  auto const asked = run({});
  BOOST_TEST(asked.plan == "quick");
  BOOST_TEST(asked.choice.where == bench::placement::split);
  BOOST_TEST(asked.choice.seed == 42U);
  BOOST_TEST(asked.choice.scenario.empty());
  BOOST_TEST(asked.choice.arms.empty());
  BOOST_TEST(asked.json.empty());
}

BOOST_AUTO_TEST_CASE(every_option_arrives) {
  auto const asked =
      run({"--plan", "quick", "--scenario", "held", "--arms", "async,blocking.limits", "--rounds", "7",
           "--placement", "shared", "--seed", "51c0ffee", "--json", "x.json"});
  BOOST_TEST(asked.plan == "quick");
  BOOST_TEST(asked.choice.scenario == "held");
  BOOST_TEST(asked.choice.arms == (std::vector<std::string>{"async", "blocking.limits"}));
  BOOST_TEST(asked.choice.rounds == 7U);
  BOOST_TEST(asked.choice.where == bench::placement::shared);
  BOOST_TEST(asked.choice.seed == 0x51c0ffeeU);
  BOOST_TEST(asked.json == "x.json");
}

BOOST_AUTO_TEST_CASE(times_and_precisions_are_understood_with_their_units) {
  BOOST_TEST(run({"--budget", "90"}).choice.budget == 90);
  BOOST_TEST(run({"--budget", "90s"}).choice.budget == 90);
  BOOST_TEST(run({"--budget", "5min"}).choice.budget == 300);
  BOOST_TEST(std::abs(run({"--precision", "3%"}).choice.precision - 0.03) < 1e-12);
  BOOST_TEST(std::abs(run({"--precision", "0.5"}).choice.precision - 0.005) < 1e-12);
  BOOST_TEST(run({"--congestion", "reno"}).choice.congestion == "reno");  // which every kernel has
  BOOST_TEST(complaint({"run", "--budget", "soon"}) ==
             "trivium-bench: --budget: 'soon' is no time; 90s and 5min are");
  BOOST_TEST(complaint({"run", "--budget", "90h"}) ==
             "trivium-bench: --budget: '90h' is no time; 90s and 5min are");
  BOOST_TEST(complaint({"run", "--budget", "-5"}) ==
             "trivium-bench: --budget: '-5' is no time; 90s and 5min are");
  BOOST_TEST(complaint({"run", "--precision", "x"}) ==
             "trivium-bench: --precision: 'x' is no precision; 3% is");
  BOOST_TEST(complaint({"run", "--precision", "0"}) ==
             "trivium-bench: --precision: '0' is no precision; 3% is");
  BOOST_TEST(complaint({"run", "--rounds", "9", "--budget", "90s"}) ==
             "trivium-bench: --rounds fixes what --budget and --precision choose: give one or the other");
}

BOOST_AUTO_TEST_CASE(the_doctor_is_understood) {
  auto const asked = parsed({"doctor", "--congestion", "bbr"});
  BOOST_REQUIRE(std::holds_alternative<bench::doctor_request>(asked));
  BOOST_TEST(std::get<bench::doctor_request>(asked).congestion == "bbr");
  BOOST_TEST(complaint({"doctor", "--congestoin", "bbr"}) ==
             "trivium-bench: unknown option '--congestoin': did you mean '--congestion'?");
}

BOOST_AUTO_TEST_CASE(a_window_is_of_milliseconds_and_of_quick) {
  BOOST_TEST(run({"--window", "120"}).choice.window == std::chrono::milliseconds(120));
  BOOST_TEST(complaint({"run", "--window", "1"}) ==
             "trivium-bench: --window: '1' is no whole number from 20 to 10000");
  BOOST_TEST(complaint({"run", "--plan", "bars", "--window", "120"}) ==
             "trivium-bench: plan bars fixes its own window");
}

// Without a --scenario there are three, and each arm takes part in all of them.
BOOST_AUTO_TEST_CASE(an_arm_that_cannot_do_what_a_scenario_is_about_is_refused_also_where_none_is_chosen) {
  auto const can_be_built = [](bench::arm const& each) { return each.no_other_work && !each.for_tests; };
  auto const arms = bench::all_arms();
  auto const one = std::find_if(arms.begin(), arms.end(), can_be_built);
  if (one == arms.end()) {
    BOOST_TEST_MESSAGE("not asked: libuv, libevent and ASIO_ROOT were not there");
    return;
  }
  std::string const name{one->name};
  auto const end = one->misses_ends
                       ? std::string("may miss the end of what it reads, and bulk ends with that")
                       : std::string("has no other work besides, which is what held is about");
  BOOST_TEST(complaint({"run", "--arms", name.c_str()}) ==
             "trivium-bench: --arms: " + name + " " + end + "; choose a --scenario");
  BOOST_TEST(complaint({"run", "--scenario", "connections", "--arms", name.c_str()}) == "no complaint");
}

BOOST_AUTO_TEST_CASE(a_rate_is_for_the_scenario_that_can_be_paced) {
  BOOST_TEST(run({"--scenario", "connections", "--rate", "20000"}).choice.rate == 20'000U);
  auto const* const elsewhere =
      "trivium-bench: --rate is for the scenario connections: give --scenario connections as well";
  BOOST_TEST(complaint({"run", "--rate", "20000"}) == elsewhere);
  BOOST_TEST(complaint({"run", "--scenario", "service_time", "--rate", "20000"}) == elsewhere);
  BOOST_TEST(complaint({"run", "--scenario", "connections", "--rate", "99"}) ==
             "trivium-bench: --rate: '99' is no whole number from 100 to 1000000");
  BOOST_TEST(complaint({"run", "--plan", "servers", "--rate", "1000"}) ==
             "trivium-bench: plan servers fixes its own rate");
}

BOOST_AUTO_TEST_CASE(the_work_of_a_request_is_for_the_scenario_that_is_about_it) {
  auto const work = [](char const* text) {
    return *run({"--scenario", "service_time", "--work", text}).choice.work;
  };
  BOOST_TEST((work("10ms") == 10ms));
  BOOST_TEST((work("100us") == 100us));
  BOOST_TEST((work("0") == 0us));
  BOOST_TEST(!run({"--scenario", "service_time"}).choice.work.has_value());
  for (auto const* const wrong : {"10", "101ms", "100001us", "1s", "ms", "1.5ms", "99999999999999999999us"})
    BOOST_TEST(complaint({"run", "--scenario", "service_time", "--work", wrong}) ==
               std::string("trivium-bench: --work: '") + wrong +
                   "' is no time from 0 to 100ms; 100us and 10ms are");
  auto const* const elsewhere =
      "trivium-bench: --work is what a request takes in the scenario service_time: give --scenario "
      "service_time as well";
  BOOST_TEST(complaint({"run", "--work", "1ms"}) == elsewhere);
  BOOST_TEST(complaint({"run", "--scenario", "connections", "--work", "1ms"}) == elsewhere);
  BOOST_TEST(complaint({"run", "--plan", "servers", "--work", "1ms"}) ==
             "trivium-bench: plan servers fixes its own service times");
  BOOST_TEST(complaint({"run", "--scenario", "service_time", "--connections", "1"}) ==
             "trivium-bench: --connections: service_time takes 2 at least");
}

BOOST_AUTO_TEST_CASE(many_connections_are_for_the_scenario_and_the_arms_that_are_made_for_them) {
  BOOST_TEST(run({"--scenario", "connections", "--connections", "1000"}).choice.connections == 1000U);
  BOOST_TEST(complaint({"run", "--connections", "10"}) ==
             "trivium-bench: --connections is for scenarios of many connections: give --scenario connections "
             "as well");
  BOOST_TEST(complaint({"run", "--scenario", "bulk", "--connections", "10"}) ==
             "trivium-bench: --connections is for scenarios of many connections: give --scenario connections "
             "as well");
  BOOST_TEST(complaint({"run", "--scenario", "connections", "--connections", "0"}) ==
             "trivium-bench: --connections: '0' is no whole number from 1 to 20000");
  BOOST_TEST(complaint({"run", "--scenario", "connections", "--arms", "async,posix.poll"}) ==
             "trivium-bench: --arms: posix.poll is made for one connection");
  bench::catalogue const known{bench::all_scenarios(), bench::all_arms()};
  BOOST_TEST(complaint({"run", "--scenario", "connections", "--connections", "1000", "--arms", "blocking"}) ==
             "trivium-bench: --arms: blocking takes a thread for each connection, and 200 are the most");
  BOOST_TEST(complaint({"run", "--plan", "connections", "--connections", "10"}) ==
             "trivium-bench: plan connections fixes its own connections");
  if (known.find_arm("libuv") != nullptr) {
    BOOST_TEST(complaint({"run", "--scenario", "held", "--arms", "libuv"}) ==
               "trivium-bench: --arms: libuv has no other work besides, which is what held is about");
  }
  if (known.find_arm("tls.async") != nullptr) {
    BOOST_TEST(complaint({"run", "--scenario", "connections", "--arms", "tls.async"}) ==
               "trivium-bench: --arms: tls.async speaks TLS, and posix.loop, which connects to it, does not");
  }
}

BOOST_AUTO_TEST_CASE(a_report_is_of_one_file) {
  auto const asked = parsed({"report", "some/result.json"});
  BOOST_REQUIRE(std::holds_alternative<bench::report_request>(asked));
  BOOST_TEST(std::get<bench::report_request>(asked).file == "some/result.json");
  BOOST_TEST(complaint({"report"}) == "trivium-bench: report needs the file that run --json wrote");
  BOOST_TEST(complaint({"report", "a.json", "b.json"}) ==
             "trivium-bench: report takes one file, and 'b.json' is another");
  BOOST_TEST(complaint({"report", "a.json", "--rounds", "3"})
                 .starts_with("trivium-bench: unknown option '--rounds'"));
  BOOST_TEST(told({"--help"}).find("report") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_simulation_is_understood) {
  auto const asked = parsed({"simulate", "--runs", "500"});
  BOOST_REQUIRE(std::holds_alternative<bench::simulate_request>(asked));
  BOOST_TEST(std::get<bench::simulate_request>(asked).runs == 500U);
}

BOOST_AUTO_TEST_CASE(what_only_tests_need_is_taken_and_not_offered) {
  BOOST_TEST(run({"--arms", "posix.twin,posix.slowed"}).choice.arms ==
             (std::vector<std::string>{"posix.twin", "posix.slowed"}));
  auto const arms = complaint({"run", "--arms", "zzzzzzzzzzzz"});
  BOOST_TEST(arms.starts_with("trivium-bench: --arms: unknown arm 'zzzzzzzzzzzz'; there are: blocking, "));
  BOOST_TEST(arms.find("posix.twin") == std::string::npos, arms);
  BOOST_TEST(arms.find("posix.slowed") == std::string::npos, arms);
  BOOST_TEST(complaint({"run", "--arms", "posix.twn"}).find("posix.twin") == std::string::npos);
  BOOST_TEST(told({"--help"}).find("doctor") != std::string::npos);
  BOOST_TEST(told({"--help"}).find("simulate") == std::string::npos, told({"--help"}));
}

BOOST_AUTO_TEST_CASE(list_is_understood) {
  BOOST_TEST(std::holds_alternative<bench::list_request>(parsed({"list"})));
}

BOOST_AUTO_TEST_CASE(help_is_no_mistake) {
  for (auto const& words : std::vector<std::vector<char const*>>{
           {"--help"}, {"run", "--help"}, {"doctor", "--help"}, {"list", "--help"}}) {
    auto const asked = parsed(words);
    auto const* const usage = std::get_if<bench::usage>(&asked);
    BOOST_TEST_REQUIRE(usage != nullptr);
    BOOST_TEST(!usage->mistake);
    BOOST_TEST(!usage->text.empty());
  }
  BOOST_TEST(told({"--help"}).find("Usage: trivium-bench [OPTIONS]") != std::string::npos);
  BOOST_TEST(told({"run", "--help"}).find("Usage: trivium-bench run [OPTIONS]") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_version_is_what_the_doctor_prints) {
  auto const here = bench::this_build();
  BOOST_TEST(!here.version.empty());
  BOOST_TEST(told({"--version"}).starts_with("trivium-bench " + here.version + ", "));
  BOOST_TEST(bench::environment_text(here).find("program: " + bench::program_text(here) + "; ") !=
             std::string::npos);
  BOOST_TEST(told({"--version"}) == bench::program_text(here) + "\n");
}

BOOST_AUTO_TEST_CASE(a_slip_gets_a_suggestion) {
  BOOST_TEST(complaint({"run", "--secnario", "bulk"}) ==
             "trivium-bench: unknown option '--secnario': did you mean '--scenario'?");
  BOOST_TEST(complaint({"run", "--rouns=3"}) ==
             "trivium-bench: unknown option '--rouns': did you mean '--rounds'?");
  BOOST_TEST(complaint({"run", "--scenario", "ping_png"}) ==
             "trivium-bench: --scenario: unknown scenario 'ping_png': did you mean 'ping_pong'?");
  BOOST_TEST(complaint({"run", "--arms", "blokcing"}) ==
             "trivium-bench: --arms: unknown arm 'blokcing': did you mean 'blocking'?");
  BOOST_TEST(complaint({"run", "--plan", "quikc"}) ==
             "trivium-bench: --plan: unknown plan 'quikc': did you mean 'quick'?");
  BOOST_TEST(complaint({"run", "--placement", "spilt"}) ==
             "trivium-bench: --placement: unknown placement 'spilt': did you mean 'split'?");
  BOOST_TEST(complaint({"rnu"}) == "trivium-bench: unknown command 'rnu': did you mean 'run'?");
}

BOOST_AUTO_TEST_CASE(a_congestion_control_that_the_kernel_does_not_have_is_a_mistake) {
  std::ifstream file("/proc/sys/net/ipv4/tcp_available_congestion_control");
  std::string has;
  for (std::istream_iterator<std::string> each(file), end; each != end; ++each)
    has += (has.empty() ? "" : ", ") + *each;
  if (has.empty()) {  // then nothing tells a slip from what is not permitted
    BOOST_TEST(run({"--congestion", "rneo"}).choice.congestion == "rneo");
    return;
  }
  BOOST_TEST(complaint({"run", "--congestion", "rneo"}) ==
             "trivium-bench: --congestion: unknown congestion control 'rneo': did you mean 'reno'? This "
             "kernel has: " +
                 has);
  BOOST_TEST(complaint({"run", "--congestion", "RENO"}).find("did you mean 'reno'?") != std::string::npos);
  BOOST_TEST(complaint({"run", "--congestion", ""}) ==
             "trivium-bench: --congestion: unknown congestion control ''; this kernel has: " + has);
  BOOST_TEST(complaint({"run", "--congestion", "zzzzzzzzzzzz"}) ==
             "trivium-bench: --congestion: unknown congestion control 'zzzzzzzzzzzz'; this kernel has: " +
                 has + "; root can load a module: modprobe tcp_<name>");
  // Nobody typed the default, which a kernel may lack too.
  BOOST_TEST(run({}).choice.congestion == "cubic");
}

BOOST_AUTO_TEST_CASE(capitals_are_a_slip) {
  BOOST_TEST(complaint({"run", "--scenario", "BULK"}) ==
             "trivium-bench: --scenario: unknown scenario 'BULK': did you mean 'bulk'?");
  BOOST_TEST(complaint({"run", "--Rounds", "3"}) ==
             "trivium-bench: unknown option '--Rounds': did you mean '--rounds'?");
}

BOOST_AUTO_TEST_CASE(a_complaint_ends_with_the_help_that_helps) {
  BOOST_TEST(whole_complaint({"run", "--rouns=3"}) ==
             "trivium-bench: unknown option '--rouns': did you mean '--rounds'?\n"
             "trivium-bench run --help says what there is.\n");
  for (auto const& words : std::vector<std::vector<char const*>>{{"run", "--rounds", "0"},
                                                                 {"run", "--arms"},
                                                                 {"run", "--seed", "x"},
                                                                 {"run", "--budget", "soon"},
                                                                 {"run", "bulk"}}) {
    BOOST_TEST(whole_complaint(words).ends_with("\ntrivium-bench run --help says what there is.\n"));
  }
  BOOST_TEST(
      whole_complaint({"doctor", "x"}).ends_with("\ntrivium-bench doctor --help says what there is.\n"));
  for (auto const& words : std::vector<std::vector<char const*>>{{}, {"rnu"}, {"--x"}, {"ping_pong", "run"}})
    BOOST_TEST(whole_complaint(words).ends_with("\ntrivium-bench --help says what there is.\n"));
}

BOOST_AUTO_TEST_CASE(what_is_expected_is_said) {
  BOOST_TEST(complaint({"run", "--rounds", "abc"}) ==
             "trivium-bench: --rounds: 'abc' is no whole number from 1 to 1000");
  BOOST_TEST(complaint({"run", "--rounds", "1001"}) ==
             "trivium-bench: --rounds: '1001' is no whole number from 1 to 1000");
  BOOST_TEST(complaint({"run", "--window", "120ms"}) ==
             "trivium-bench: --window: '120ms' is no whole number from 20 to 10000");
  BOOST_TEST(complaint({"run", "--rounds"}) ==
             "trivium-bench: --rounds needs a value: so many rounds instead of the plan's own");
  BOOST_TEST(complaint({"run", "--rounds", "3", "--rounds", "4"}) ==
             "trivium-bench: --rounds is given more than once");
  BOOST_TEST(run({"--rounds", "010"}).choice.rounds == 10U);
}

BOOST_AUTO_TEST_CASE(a_comma_alone_is_no_arm) {
  BOOST_TEST(complaint({"run", "--arms", ",", "--rounds", "1"})
                 .starts_with("trivium-bench: --arms: ',' names no arm; there are: blocking, "));
  BOOST_TEST(complaint({"run", "--arms", "async,blokcing"}) ==
             "trivium-bench: --arms: unknown arm 'blokcing': did you mean 'blocking'?");
  BOOST_TEST(run({"--arms", "async,,posix,"}).choice.arms == (std::vector<std::string>{"async", "posix"}));
  BOOST_TEST(run({"--arms", "async", "--arms", "posix"}).choice.arms ==
             (std::vector<std::string>{"async", "posix"}));
}

BOOST_AUTO_TEST_CASE(what_resembles_nothing_gets_the_list) {
  BOOST_TEST(complaint({"run", "--scenario", "zzzzzzzzzzzz"}) ==
             "trivium-bench: --scenario: unknown scenario 'zzzzzzzzzzzz'; there are: bulk, ping_pong, held, "
             "connections, service_time, streams, "
             "stream, answered");
}

BOOST_AUTO_TEST_CASE(a_name_without_its_option_gets_it) {
  BOOST_TEST(complaint({"run", "ping_pong"}) ==
             "trivium-bench: 'ping_pong' stands alone: did you mean --scenario ping_pong?");
  BOOST_TEST(complaint({"run", "--rounds", "9", "async.inline"}) ==
             "trivium-bench: 'async.inline' stands alone: did you mean --arms async.inline?");
  BOOST_TEST(complaint({"run", "standard"}) ==
             "trivium-bench: 'standard' stands alone: did you mean --plan standard?");
  BOOST_TEST(complaint({"run", "x.json"}) == "trivium-bench: run takes no word 'x.json', only options");
  BOOST_TEST(complaint({"doctor", "ping_pong"}) ==
             "trivium-bench: doctor takes no word 'ping_pong', only options");
  BOOST_TEST(complaint({"simulate", "500"}) == "trivium-bench: simulate takes no word '500', only options");
  BOOST_TEST(complaint({"list", "arms"}) == "trivium-bench: list takes no word 'arms', only options");
  BOOST_TEST(complaint({"run", "doctor"}) == "trivium-bench: run takes no word 'doctor', only options");
  BOOST_TEST(complaint({"ping_pong"}) ==
             "trivium-bench: unknown command 'ping_pong'; there are: run, report, doctor, list");
  BOOST_TEST(complaint({"ping_pong", "run"}) ==
             "trivium-bench: unknown command 'ping_pong'; there are: run, report, doctor, list");
}

BOOST_AUTO_TEST_CASE(a_seed_is_of_64_bits) {
  BOOST_TEST(run({"--seed", "ffffffffffffffff"}).choice.seed == 0xffff'ffff'ffff'ffffU);
  BOOST_TEST(
      complaint({"run", "--seed", "11111111111111111"}) ==
      "trivium-bench: --seed: '11111111111111111' is longer than 64 bits, which are 16 hexadecimal digits");
  BOOST_TEST(complaint({"run", "--seed", "12xyz"}) ==
             "trivium-bench: --seed: '12xyz' is not a hexadecimal number");
}

BOOST_AUTO_TEST_CASE(nonsense_is_a_mistake) {
  BOOST_TEST(complaint({}) ==
             "trivium-bench: what is to be done? 'run' measures, 'doctor' looks at the machine, 'list' says "
             "what can be measured");
  BOOST_TEST(complaint({"run", "--rounds", "0"}) ==
             "trivium-bench: --rounds: '0' is no whole number from 1 to 1000");
  BOOST_TEST(complaint({"run", "--rounds", "many"}) ==
             "trivium-bench: --rounds: 'many' is no whole number from 1 to 1000");
  BOOST_TEST(complaint({"run", "--seed", "xyz"}) ==
             "trivium-bench: --seed: 'xyz' is not a hexadecimal number");
  BOOST_TEST(complaint({"run", "--json"}) ==
             "trivium-bench: --json needs a value: where to write the result, folders on the way included; "
             "default build/bench/<time>/result.json");
  BOOST_TEST(complaint({"list", "--everything"}) ==
             "trivium-bench: unknown option '--everything'; there are: --help");
}

BOOST_AUTO_TEST_CASE(what_a_plan_would_not_heed_is_refused) {
  BOOST_TEST(complaint({"run", "--plan", "smoke", "--scenario", "bulk"}) ==
             "trivium-bench: plan smoke fixes its own scenarios");
  BOOST_TEST(complaint({"run", "--plan", "bars", "--arms", "async"}) ==
             "trivium-bench: plan bars fixes its own arms");
  BOOST_TEST(complaint({"run", "--plan", "bars", "--placement", "shared"}) ==
             "trivium-bench: plan bars fixes its own placement");
  BOOST_TEST(complaint({"run", "--plan", "standard", "--arms", "async"}) ==
             "trivium-bench: plan standard fixes its own arms");
  BOOST_TEST(complaint({"run", "--plan", "bars", "--budget", "60s"}) ==
             "trivium-bench: plan bars fixes its own rounds");
  BOOST_TEST(run({"--plan", "standard", "--budget", "5min"}).choice.budget == 300);
  BOOST_TEST(run({"--plan", "smoke", "--arms", "async"}).choice.arms.size() == 1U);
}

BOOST_AUTO_TEST_CASE(distance_counts_slips) {
  BOOST_TEST(bench::edit_distance("", "") == 0U);
  BOOST_TEST(bench::edit_distance("async", "async") == 0U);
  BOOST_TEST(bench::edit_distance("", "async") == 5U);
  BOOST_TEST(bench::edit_distance("kitten", "sitting") == 3U);
  BOOST_TEST(bench::edit_distance("blokcing", "blocking") == 1U);
}
