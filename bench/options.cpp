// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <CLI/CLI.hpp>
#include <iterator>
#include <optional>
#include <span>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "machine/environment.hpp"
#include "report/table.hpp"
#include "suggest.hpp"
#include "trial/connection.hpp"

namespace trivium::bench {

namespace {

// From one address to one port: the ports that the system chooses from are 28,232.
constexpr std::uint64_t most_connections = 20'000;

template <class All>
std::vector<std::string> names_of(All const& all) {
  std::vector<std::string> names;
  for (auto const& each : all) names.emplace_back(each.name);
  return names;
}

/// What only tests need is taken and not offered.
std::vector<std::string> offered(std::span<arm const> arms) {
  std::vector<std::string> names;
  for (auto const& each : arms) {
    if (!each.for_tests) names.emplace_back(each.name);
  }
  return names;
}

/// "unknown arm 'blokcing': did you mean 'blocking'?"
std::string unknown(std::vector<std::string> const& offered, std::string_view kind,
                    std::string const& given) {
  auto const meant = nearest(given, offered);
  return meant.empty() ? fmt::format("unknown {} '{}'; there are: {}", kind, given, fmt::join(offered, ", "))
                       : fmt::format("unknown {} '{}': did you mean '{}'?", kind, given, meant);
}

bool is_one_of(std::vector<std::string> const& known, std::string const& given) {
  return std::find(known.begin(), known.end(), given) != known.end();
}

CLI::Validator one_of(std::string kind, std::vector<std::string> known) {
  return CLI::Validator(
      [kind = std::move(kind), known = std::move(known)](std::string& given) -> std::string {
        return is_one_of(known, given) ? "" : unknown(known, kind, given);
      },
      "");
}

std::vector<std::string> between_commas(std::string const& text) {
  std::vector<std::string> pieces;
  std::istringstream from(text);
  for (std::string each; std::getline(from, each, ',');) {
    if (!each.empty()) pieces.push_back(each);
  }
  return pieces;
}

/// Not CLI11's own delimiter: a comma alone would be no word to it, and the next option taken for an arm.
CLI::Validator some_of(std::span<arm const> arms) {
  return CLI::Validator(
      [known = names_of(arms), offered = offered(arms)](std::string& given) -> std::string {
        auto const pieces = between_commas(given);
        if (pieces.empty())
          return fmt::format("'{}' names no arm; there are: {}", given, fmt::join(offered, ", "));
        for (auto const& each : pieces) {
          if (!is_one_of(known, each)) return unknown(offered, "arm", each);
        }
        return {};
      },
      "");
}

/// To be given as a transformation: CLI11 would take 010 for 8.
CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
  return CLI::Validator(
      [=](std::string& given) -> std::string {
        std::uint64_t number = 0;
        auto const* const end = given.data() + given.size();
        auto const [stopped, error] = std::from_chars(given.data(), end, number);
        if (error != std::errc{} || stopped != end || number < least || number > most)
          return fmt::format("'{}' is no whole number from {} to {}", given, least, most);
        given = std::to_string(number);
        return {};
      },
      fmt::format("{} to {}", least, most));
}

/// One that exists and is not permitted is a fact about the machine, and what is measured instead is said.
/// One that does not exist is a mistake.
CLI::Validator known_to_the_kernel() {
  return CLI::Validator(
      [](std::string& given) -> std::string {
        auto const known = congestion_available();
        // Tried first: what the kernel loads on demand it does not list before.
        if (congestion_refusal(given).empty() || known.empty()) return {};
        if (std::find(known.begin(), known.end(), given) != known.end()) return {};
        auto const meant = nearest(given, known);
        auto const had = fmt::format("kernel has: {}", fmt::join(known, ", "));
        if (!meant.empty())
          return fmt::format("unknown congestion control '{}': did you mean '{}'? This {}", given, meant,
                             had);
        return fmt::format("unknown congestion control '{}'; this {}{}", given, had,
                           given.empty() ? "" : "; root can load a module: modprobe tcp_<name>");
      },
      "");
}

std::vector<std::string> options_of(CLI::App const& app) {
  std::vector<std::string> names;
  for (auto const* const each : app.get_options()) {
    for (auto const& name : each->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

/// About a word that is neither of `known` nor an option's value; `kind` is what it should have been.
std::string unknown_word(std::string_view kind, std::string const& given,
                         std::vector<std::string> const& known) {
  auto const word = given.substr(0, given.find('='));
  auto const meant = nearest(word, known);
  if (meant.empty()) return fmt::format("unknown {} '{}'; there are: {}", kind, word, fmt::join(known, ", "));
  return fmt::format("unknown {} '{}': did you mean '{}'?", kind, word, meant);
}

/// About a word that the subcommand did not take.
std::string unknown_to(CLI::App const& subcommand, std::string const& given, catalogue const& known) {
  if (given.starts_with("-")) return unknown_word("option", given, options_of(subcommand));
  auto const says = [&](std::string_view option, auto const& all) {
    return subcommand.get_option_no_throw(std::string(option)) != nullptr &&
           std::any_of(all.begin(), all.end(), [&](auto const& each) { return each.name == given; });
  };
  auto const* const option = says("--scenario", known.scenarios) ? "--scenario"
                             : says("--arms", known.arms)        ? "--arms"
                             : says("--plan", all_plans())       ? "--plan"
                                                                 : nullptr;
  if (option != nullptr) return fmt::format("'{}' stands alone: did you mean {} {}?", given, option, given);
  return fmt::format("{} takes no word '{}', only options", subcommand.get_name(), given);
}

/// What the user chose and the plan would not heed; better refused than ignored.
std::string_view ignored_by_plan(run_request const& wanted) {
  if (wanted.plan == "quick") return {};
  if (!wanted.choice.scenario.empty()) return "scenarios";
  if (wanted.choice.connections != 0) return "connections";
  if (wanted.choice.work) return "service times";
  if (wanted.choice.rate != 0) return "rate";
  if (wanted.choice.window != duration::zero()) return "window";
  if (wanted.plan != "standard" && (wanted.choice.budget > 0 || wanted.choice.precision > 0)) return "rounds";
  if (wanted.plan == "smoke") return {};
  if (!wanted.choice.arms.empty()) return "arms";
  if (wanted.choice.where != placement::split) return "placement";
  return {};
}

bool is_one_of_quick(std::string_view scenario) {
  return std::find(std::begin(quick_scenarios), std::end(quick_scenarios), scenario) !=
         std::end(quick_scenarios);
}

/// What the arms cannot do in a scenario; empty if they can.
std::string impossible_in(scenario const& what, std::vector<std::string> const& arms,
                          catalogue const& known) {
  for (auto const& name : arms) {
    auto const& how = *known.find_arm(name);
    if (what.other_work && how.no_other_work)
      return fmt::format("--arms: {} has no other work besides, which is what {} is about", name, what.name);
    if (what.one_way && how.misses_ends)
      return fmt::format("--arms: {} may miss the end of what it reads, and {} ends with that", name,
                         what.name);
  }
  return {};
}

/// What cannot be asked of a scenario or of an arm; empty if all can.
std::string impossible(run_request const& wanted, catalogue const& known) {
  auto const* const what = known.find_scenario(wanted.choice.scenario);
  if (wanted.plan == "quick") {
    for (auto const& each : known.scenarios) {
      auto const among = what != nullptr ? each.name == what->name : is_one_of_quick(each.name);
      if (!among) continue;
      if (auto const why = impossible_in(each, wanted.choice.arms, known); !why.empty())
        return what != nullptr ? why : why + "; choose a --scenario";
    }
  }
  auto const many = what != nullptr && what->connections > 1;
  if (wanted.choice.connections != 0 && !many)
    return "--connections is for scenarios of many connections: give --scenario connections as well";
  if (wanted.choice.work && (what == nullptr || what->work == duration::zero()))
    return "--work is what a request takes in the scenario service_time: give --scenario service_time as "
           "well";
  if (wanted.choice.rate != 0 && (what == nullptr || !what->can_be_paced))
    return "--rate is for the scenario connections: give --scenario connections as well";
  if (!many) return {};
  if (wanted.choice.connections != 0 && wanted.choice.connections < what->fewest_connections)
    return fmt::format("--connections: {} takes {} at least", what->name, what->fewest_connections);
  auto const* const far = known.find_arm(what->far_arm);
  for (auto const& name : wanted.choice.arms) {
    auto const* const how = known.find_arm(name);
    if (how->holds_thread && wanted.choice.connections > most_threads)
      return fmt::format("--arms: {} takes a thread for each connection, and {} are the most", name,
                         most_threads);
    if (how->one_connection) return fmt::format("--arms: {} is made for one connection", name);
    if (far != nullptr && how->wire != far->wire)
      return fmt::format("--arms: {} speaks TLS, and {}, which connects to it, does not", name, far->name);
  }
  return {};
}

/// "90", "90s", "5min" as seconds; none if it is no such thing.
std::optional<double> seconds_in(std::string const& text) {
  std::size_t used = 0;
  double number = 0;
  try {
    number = std::stod(text, &used);
  } catch (std::logic_error const&) {
    return std::nullopt;
  }
  auto const unit = text.substr(used);
  if (!(number > 0) || number > 1e6) return std::nullopt;
  if (unit.empty() || unit == "s") return number;
  if (unit == "min") return number * 60;
  return std::nullopt;
}

/// "10ms", "100us" or "0"; none if it is no such thing, or longer than a trial can be.
std::optional<duration> work_in(std::string const& text) {
  constexpr auto most_us = std::uint64_t{100'000};
  std::uint64_t number = 0;
  auto const* const end = text.data() + text.size();
  auto const [stopped, error] = std::from_chars(text.data(), end, number);
  std::string_view const unit(stopped, static_cast<std::size_t>(end - stopped));
  if (error != std::errc{} || number > most_us) return std::nullopt;
  if (unit == "ms")
    number *= 1000;
  else if (unit != "us" && !(unit.empty() && number == 0))
    return std::nullopt;
  if (number > most_us) return std::nullopt;
  return std::chrono::microseconds(number);
}

/// "3%", "3 %" or "3" as a share.
std::optional<double> share_in(std::string const& text) {
  std::size_t used = 0;
  double number = 0;
  try {
    number = std::stod(text, &used);
  } catch (std::logic_error const&) {
    return std::nullopt;
  }
  auto unit = text.substr(used);
  if (unit.starts_with(" ")) unit.erase(0, 1);
  if (!(number > 0) || number > 100 || !(unit.empty() || unit == "%")) return std::nullopt;
  return number / 100;
}

/// CLI11 says "--json: 1 required TEXT missing" and "--json: At Most 1 required but received 2".
std::string about_values(CLI::App const& of, std::string const& said) {
  auto const name = said.substr(0, said.find(':'));
  auto const* const option = of.get_option_no_throw(name);
  if (option == nullptr) return said;
  if (option->count() > 1) return fmt::format("{} is given more than once", name);
  return fmt::format("{} needs a value: {}", name, option->get_description());
}

}  // namespace

request parse_options(int argc, char const* const* argv, catalogue const& known, std::uint64_t seed) {
  run_request run;
  run.choice.seed = seed;
  std::string where = std::string(name_of(run.choice.where));
  std::string seed_text;

  CLI::App app(
      "Which way to send and receive bulk data over TCP, and at what price.\n\n"
      "exit status: 0 as it should be, 1 a check or a bar failed, 2 wrong usage, 3 the result is not to be "
      "trusted,\n"
      "             4 a trial could not be held, or what was found could not be written",
      "trivium-bench");
  app.require_subcommand(0, 1);
  app.allow_extras();
  app.set_version_flag("--version", program_text(this_build()) + "\n", "print name and version");

  auto* const running = app.add_subcommand("run", "measure, print a table, write JSON");
  running->allow_extras();
  running->add_option("--plan", run.plan, "what to measure: see list")
      ->check(one_of("plan", names_of(all_plans())))
      ->capture_default_str();
  running->add_option("--scenario", run.choice.scenario, "only this scenario (plan quick)")
      ->check(one_of("scenario", names_of(known.scenarios)));
  std::vector<std::string> arms;
  running->add_option("--arms", arms, "these arms, separated by commas (plans quick and smoke)")
      ->check(some_of(known.arms));
  running
      ->add_option("--connections", run.choice.connections,
                   "so many between the two ends (plan quick, scenarios of many connections)")
      ->transform(whole_number(1, most_connections));
  running
      ->add_option(
          "--rate", run.choice.rate,
          "so many messages a second, instead of each after the answer to the one before (plan quick, "
          "scenario connections)")
      ->transform(whole_number(100, 1'000'000));
  std::string work;
  running->add_option(
      "--work", work,
      "what a slow request takes the server: 100us, 10ms (plan quick, scenario service_time)");
  running->add_option("--rounds", run.choice.rounds, "so many rounds instead of the plan's own")
      ->transform(whole_number(1, 1000));
  running
      ->add_option("--placement", where,
                   "where the two ends run: free, split (a core each), shared (one core)")
      ->check(one_of("placement", {std::begin(placement_names), std::end(placement_names)}))
      ->capture_default_str();
  std::string budget;
  std::string precision;
  int window_ms = 0;
  running->add_option("--budget", budget,
                      "as many rounds as fit into this time: 90s, 5min (plans quick and standard)");
  running->add_option(
      "--precision", precision,
      "rounds until every ratio is known this well either way: 3% (plans quick and standard)");
  running->add_option("--window", window_ms, "milliseconds that a timed trial is measured for (plan quick)")
      ->transform(whole_number(20, 10'000));
  running->add_option("--congestion", run.choice.congestion, "congestion control of both ends")
      ->check(known_to_the_kernel())
      ->capture_default_str();
  running->add_option("--seed", seed_text, "of the order of trials, hexadecimal as it was printed");
  running->add_option(
      "--json", run.json,
      "where to write the result, folders on the way included; default build/bench/<time>/result.json");

  auto* const examining =
      app.add_subcommand("doctor", "what about this machine would spoil an answer, and what to do about it");
  examining->allow_extras();
  doctor_request examination;
  examining->add_option("--congestion", examination.congestion, "congestion control that will be asked for")
      ->capture_default_str();

  auto* const reporting =
      app.add_subcommand("report", "print a stored result again: what was said when it was measured");
  reporting->allow_extras();
  report_request stored;
  reporting->add_option("file", stored.file, "the file that run --json wrote")->required();

  auto* const simulating = app.add_subcommand(
      "simulate", "the statistics on noise of known shape: coverage, false words, power (half a minute)");
  simulating->group("");  // it tests the statistics: not offered
  simulating->allow_extras();
  simulate_request simulation;
  simulating->add_option("--runs", simulation.runs, "so many of each shape and number of rounds")
      ->transform(whole_number(100, 1'000'000))
      ->capture_default_str();

  auto* const listing = app.add_subcommand("list", "the scenarios, arms and plans, each in a sentence");
  listing->allow_extras();

  auto const asked = [&]() -> CLI::App const* {
    for (auto const* const each : {running, reporting, examining, simulating, listing}) {
      if (each->parsed()) return each;
    }
    return nullptr;
  };
  auto const hint = [](std::string const& text, std::string_view subcommand) {
    return usage{.text = fmt::format("trivium-bench: {}\ntrivium-bench {}{}--help says what there is.\n",
                                     text, subcommand, subcommand.empty() ? "" : " ")};
  };
  auto const mistake = [&](std::string const& text) {
    auto const* const subcommand = asked();
    return hint(text, subcommand == nullptr ? std::string{} : subcommand->get_name());
  };
  try {
    app.parse(argc, argv);
    if (auto const words = app.remaining(); !words.empty()) {
      return hint(words.front().starts_with("-")
                      ? unknown_word("option", words.front(), options_of(app))
                      : unknown_word("command", words.front(), {"run", "report", "doctor", "list"}),
                  "");
    }
    for (auto const* const each : {running, reporting, examining, simulating, listing}) {
      if (auto const words = each->remaining(); !words.empty()) {
        return mistake(each == reporting && !words.front().starts_with("-")
                           ? fmt::format("report takes one file, and '{}' is another", words.front())
                           : unknown_to(*each, words.front(), known));
      }
    }
    if (listing->parsed()) return list_request{};
    if (reporting->parsed()) return stored;
    if (examining->parsed()) return examination;
    if (simulating->parsed()) return simulation;
    if (!running->parsed())
      return mistake(
          "what is to be done? 'run' measures, 'doctor' looks at the machine, 'list' says what can be "
          "measured");
    if (!seed_text.empty()) {
      std::size_t used = 0;
      run.choice.seed = std::stoull(seed_text, &used, 16);
      if (used != seed_text.size()) return mistake("--seed: '" + seed_text + "' is not a hexadecimal number");
    }
  } catch (CLI::CallForHelp const&) {
    return usage{.text = app.help(), .mistake = false};  // of the subcommand, where there is one
  } catch (CLI::CallForVersion const& version) {
    return usage{.text = version.what(), .mistake = false};
  } catch (CLI::RequiredError const& problem) {
    auto const* const subcommand = asked();
    return mistake(subcommand == reporting ? "report needs the file that run --json wrote" : problem.what());
  } catch (CLI::ArgumentMismatch const& problem) {
    auto const* const subcommand = asked();
    return mistake(about_values(subcommand == nullptr ? app : *subcommand, problem.what()));
  } catch (CLI::ParseError const& problem) {
    return mistake(problem.what());
  } catch (std::out_of_range const&) {  // of std::stoull, as the next
    return mistake("--seed: '" + seed_text + "' is longer than 64 bits, which are 16 hexadecimal digits");
  } catch (std::logic_error const&) {
    return mistake("--seed: '" + seed_text + "' is not a hexadecimal number");
  }
  for (auto const& each : arms) {
    for (auto& name : between_commas(each)) run.choice.arms.push_back(std::move(name));
  }
  run.choice.where = *placement_named(where);
  run.choice.window = std::chrono::milliseconds(window_ms);
  if (!budget.empty()) {
    auto const seconds = seconds_in(budget);
    if (!seconds) return mistake("--budget: '" + budget + "' is no time; 90s and 5min are");
    run.choice.budget = *seconds;
  }
  if (!work.empty()) {
    run.choice.work = work_in(work);
    if (!run.choice.work)
      return mistake("--work: '" + work + "' is no time from 0 to 100ms; 100us and 10ms are");
  }
  if (!precision.empty()) {
    auto const share = share_in(precision);
    if (!share) return mistake("--precision: '" + precision + "' is no precision; 3% is");
    run.choice.precision = *share;
  }
  if (run.choice.rounds != 0 && (run.choice.budget > 0 || run.choice.precision > 0)) {
    return mistake("--rounds fixes what --budget and --precision choose: give one or the other");
  }
  auto const ignored = ignored_by_plan(run);
  if (!ignored.empty()) return mistake(fmt::format("plan {} fixes its own {}", run.plan, ignored));
  if (auto const why = impossible(run, known); !why.empty()) return mistake(why);
  return run;
}

}  // namespace trivium::bench
