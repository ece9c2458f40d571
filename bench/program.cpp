// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "program.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ctime>
#include <random>
#include <string_view>

#include "exit_code.hpp"
#include "options.hpp"
#include "report/json.hpp"
#include "report/progress.hpp"
#include "report/table.hpp"
#include "trial/child.hpp"
#include "trial/infrastructure_error.hpp"
#include "trial/launcher.hpp"

namespace trivium::bench {

namespace {

int as_status(exit_code code) {
  return static_cast<int>(code);
}

std::uint64_t some_seed() {
  std::random_device from;
  return from();  // 32 bits: enough to differ, short enough to type again
}

exit_code list(catalogue const& known) {
  auto const print_all = [](std::string_view title, auto const& all) {
    fmt::print("{}\n", title);
    for (auto const& each : all) fmt::print("  {:<26} {}\n", each.name, each.sentence);
  };
  print_all("scenarios", known.scenarios);
  print_all("arms", known.arms);
  print_all("plans", all_plans());
  return exit_code::ok;
}

std::string default_path(std::time_t started) {
  return fmt::format("build/bench/{:%Y-%m-%dT%H%M%S}/result.json", fmt::gmtime(started));
}

/// The plan that this machine can carry out.
plan plan_for(run_request const& wanted, catalogue const& known, environment const& here) {
  auto const plans = all_plans();
  auto const chosen =
      std::find_if(plans.begin(), plans.end(), [&](auto const& each) { return each.name == wanted.plan; });
  auto made = chosen->make(known, wanted.choice);
  if (made.where == placement::split && here.processors_allowed.size() < 2) {
    fmt::print("only one processor is allowed: placement free instead of split\n");
    made.where = placement::free;
  }
  auto const leave_out = [&made](instrument which, std::string_view what, std::string_view why) {
    auto carried = false;
    for (auto& each : made.cells) {
      if (each.instrument != which) continue;
      each.rounds = 0;  // it keeps its place: bars refer to cells by number
      carried = true;
    }
    if (carried) fmt::print("not measured: {} ({})\n", what, why);
  };
  if (!counting_library())
    leave_out(instrument::calls, "system calls and allocations", "the counting library was not built");
  if (!here.processor_counters_refused.empty()) {
    leave_out(instrument::instructions, "instructions", here.processor_counters_refused);
  }
  return made;
}

void print_checks(std::vector<check> const& checks) {
  auto const failed = static_cast<std::size_t>(
      std::count_if(checks.begin(), checks.end(), [](check const& each) { return !each.holds; }));
  fmt::print("{} exact checks, {} of them failed\n", checks.size(), failed);
  for (auto const& each : checks) {
    if (!each.holds) fmt::print("  FAILED  {}: {}\n", each.what, each.seen);
  }
}

void print_result(result const& all) {
  if (all.plan.exact_checks) {
    print_checks(all.checks);
    return;  // one round of short trials says nothing about times
  }
  fmt::print("\n{}", trust_text(all.plan, all.analysis));
  if (all.plan.bars.empty()) {
    fmt::print("{}", answer_text(all.plan, all.analysis));
  }
  for (auto const& each : all.analysis.cells) fmt::print("\n{}", cell_text(all.plan, each));
  if (!all.plan.bars.empty()) fmt::print("\n{}", bars_text(all.analysis.bars));
  fmt::print(
      "\nFigures are medians over rounds; ': {}' is the ratio to it with its 95 % interval. Only the "
      "comparisons that carry a\n"
      "word were tested; every other figure is descriptive. How to read it: bench/README.md\n",
      baseline);
}

/// What has to be typed to measure the same in the same order.
std::string command_text(run_request const& wanted) {
  auto text = fmt::format("trivium-bench run --plan {} --seed {:x}", wanted.plan, wanted.choice.seed);
  if (!wanted.choice.scenario.empty()) text += " --scenario " + wanted.choice.scenario;
  if (!wanted.choice.arms.empty()) text += fmt::format(" --arms {}", fmt::join(wanted.choice.arms, ","));
  if (wanted.choice.rounds != 0) text += fmt::format(" --rounds {}", wanted.choice.rounds);
  if (wanted.choice.where != placement::split)
    text += fmt::format(" --placement {}", name_of(wanted.choice.where));
  return text;
}

exit_code judge_run(result const& all) {
  auto const check_failed =
      std::any_of(all.checks.begin(), all.checks.end(), [](check const& each) { return !each.holds; });
  auto const bar_missed = std::any_of(all.analysis.bars.begin(), all.analysis.bars.end(),
                                      [](bar_row const& each) { return each.said == bar_word::missed; });
  if ((all.plan.exact_checks && (check_failed || all.checks.empty())) || bar_missed) return exit_code::failed;
  return all.analysis.trustworthy() ? exit_code::ok : exit_code::untrustworthy;
}

exit_code run(run_request const& wanted, catalogue const& known) {
  auto const started = std::time(nullptr);
  result all;
  all.started = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(started));
  all.environment = look_around("cubic");
  fmt::print("{}", environment_text(all.environment));
  all.plan = plan_for(wanted, known, all.environment);
  fmt::print("{}", plan_text(all.plan));
  std::fflush(stdout);

  interrupt_on_signals();
  {
    progress watching(stderr);
    all.run = conduct(all.plan, known, {.program = this_program(), .counting_library = counting_library()},
                      watching);
  }
  if (all.run.repeated > 0) {
    fmt::print("{} of {} trials were held again: an end had been kept from running\n", all.run.repeated,
               all.plan.trials());
  }
  if (all.run.interrupted) {
    fmt::print("stopped by the user after {} of {} rounds; an unfinished round is left out\n",
               all.run.rounds_done, all.plan.rounds());
    if (all.run.rounds_done == 0) return exit_code::ok;
  }
  all.analysis = analyse(all.plan, known, all.run.trials, all.environment.processor_counters_refused);
  if (all.plan.exact_checks) all.checks = exact_checks(all.plan, all.run.trials);
  print_result(all);

  auto const path = wanted.json.empty() ? default_path(started) : wanted.json;
  write_json(all, path);
  fmt::print("took {:.0f} s of {:.0f} s planned; data {}\nagain: {}\n", all.run.seconds,
             std::ceil(all.plan.seconds()), path, command_text(wanted));
  return judge_run(all);
}

}  // namespace

int program(int argc, char const* const* argv, catalogue const& known) {
  // How the coordinator starts its children; no user's business, so no option shows it.
  if (argc == 2 && std::string_view(argv[1]) == "trial") return live_as_child(known);
  try {
    auto const asked = parse_options(argc, argv, known, some_seed());
    if (auto const* const words = std::get_if<usage>(&asked)) {
      fmt::print(words->mistake ? stderr : stdout, "{}", words->text);
      return as_status(words->mistake ? exit_code::usage : exit_code::ok);
    }
    if (std::holds_alternative<list_request>(asked)) return as_status(list(known));
    return as_status(run(std::get<run_request>(asked), known));
  } catch (infrastructure_error const& problem) {
    fmt::print(stderr, "\ntrivium-bench: a trial could not be held: {}\n", problem.what());
  } catch (std::exception const& problem) {
    fmt::print(stderr, "\ntrivium-bench: {}\n", problem.what());
  }
  return as_status(exit_code::infrastructure);
}

}  // namespace trivium::bench
