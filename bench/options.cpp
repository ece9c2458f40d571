// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <CLI/CLI.hpp>
#include <iterator>
#include <vector>

#include "suggest.hpp"

namespace trivium::bench {

namespace {

template <class All>
std::vector<std::string> names_of(All const& all) {
  std::vector<std::string> names;
  for (auto const& each : all) names.emplace_back(each.name);
  return names;
}

/// A validator that knows what is meant: "unknown arm blokcing: did you mean blocking?"
CLI::Validator one_of(std::string kind, std::vector<std::string> known) {
  return CLI::Validator(
      [kind = std::move(kind), known = std::move(known)](std::string& given) -> std::string {
        if (std::find(known.begin(), known.end(), given) != known.end()) return {};
        auto const meant = nearest(given, known);
        return meant.empty()
                   ? fmt::format("unknown {} '{}'; there are: {}", kind, given, fmt::join(known, ", "))
                   : fmt::format("unknown {} '{}': did you mean '{}'?", kind, given, meant);
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

/// About the first word that no option and no command took.
std::string unknown_word(std::string const& given, std::vector<std::string> const& known) {
  auto const word = given.substr(0, given.find('='));
  auto const meant = nearest(word, known);
  auto const kind = word.starts_with("-") ? "option" : "command";
  if (meant.empty()) return fmt::format("unknown {} '{}'; there are: {}", kind, word, fmt::join(known, ", "));
  return fmt::format("unknown {} '{}': did you mean '{}'?", kind, word, meant);
}

/// What the user chose and the plan would not heed; better refused than ignored.
std::string_view ignored_by_plan(run_request const& wanted) {
  if (wanted.plan == "quick") return {};
  if (!wanted.choice.scenario.empty()) return "scenarios";
  if (wanted.plan == "smoke") return {};
  if (!wanted.choice.arms.empty()) return "arms";
  if (wanted.choice.where != placement::split) return "placement";
  return {};
}

usage mistake(std::string const& text) {
  return {.text = fmt::format("trivium-bench: {}\ntrivium-bench --help says what there is.\n", text)};
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
      "             4 a trial could not be held",
      "trivium-bench");
  app.require_subcommand(0, 1);
  app.allow_extras();

  auto* const running = app.add_subcommand("run", "measure, print a table, write JSON");
  running->allow_extras();
  running->add_option("--plan", run.plan, "what to measure: see list")
      ->check(one_of("plan", names_of(all_plans())))
      ->capture_default_str();
  running->add_option("--scenario", run.choice.scenario, "only this scenario (plan quick)")
      ->check(one_of("scenario", names_of(known.scenarios)));
  running->add_option("--arms", run.choice.arms, "these arms, separated by commas (plans quick and smoke)")
      ->delimiter(',')
      ->check(one_of("arm", names_of(known.arms)));
  running->add_option("--rounds", run.choice.rounds, "so many rounds instead of the plan's own")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1000}));
  running
      ->add_option("--placement", where,
                   "where the two ends run: free, split (a core each), shared (one core)")
      ->check(one_of("placement", {std::begin(placement_names), std::end(placement_names)}))
      ->capture_default_str();
  running->add_option("--seed", seed_text, "of the order of trials, hexadecimal as it was printed");
  running->add_option("--json", run.json,
                      "where to write the result; default build/bench/<time>/result.json");

  auto* const listing = app.add_subcommand("list", "the scenarios, arms and plans, each in a sentence");
  listing->allow_extras();

  try {
    app.parse(argc, argv);
    auto const words = app.remaining(true);
    if (!words.empty()) {
      if (running->parsed()) return mistake(unknown_word(words.front(), options_of(*running)));
      return mistake(unknown_word(words.front(), words.front().starts_with("-")
                                                     ? options_of(app)
                                                     : std::vector<std::string>{"run", "list"}));
    }
    if (listing->parsed()) return list_request{};
    if (!running->parsed())
      return mistake("what is to be done? 'run' measures, 'list' says what can be measured");
    if (!seed_text.empty()) {
      std::size_t used = 0;
      run.choice.seed = std::stoull(seed_text, &used, 16);
      if (used != seed_text.size()) return mistake("--seed: '" + seed_text + "' is not a hexadecimal number");
    }
  } catch (CLI::CallForHelp const&) {
    return usage{.text = (running->parsed()   ? running
                          : listing->parsed() ? listing
                                              : &app)
                             ->help(),
                 .mistake = false};
  } catch (CLI::ParseError const& problem) {
    return mistake(problem.what());
  } catch (std::logic_error const&) {  // of std::stoull
    return mistake("--seed: '" + seed_text + "' is not a hexadecimal number");
  }
  run.choice.where = *placement_named(where);
  auto const ignored = ignored_by_plan(run);
  if (!ignored.empty()) return mistake(fmt::format("plan {} fixes its own {}", run.plan, ignored));
  return run;
}

}  // namespace trivium::bench
