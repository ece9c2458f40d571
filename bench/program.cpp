// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "program.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <exception>
#include <functional>
#include <optional>
#include <random>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "exit_code.hpp"
#include "options.hpp"
#include "record/result_file.hpp"
#include "report/progress.hpp"
#include "report/table.hpp"
#include "report/text.hpp"
#include "statistics/sensitivity.hpp"
#include "statistics/simulation.hpp"
#include "trial/child.hpp"
#include "trial/infrastructure_error.hpp"
#include "trial/launcher.hpp"

namespace trivium::bench {

namespace {

int as_status(exit_code code) {
  return static_cast<int>(code);
}

/// Throws `std::system_error` if anything that was printed until now is lost.
void flush_output() {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return;
  throw std::system_error(errno != 0 ? errno : EIO, std::generic_category(), "the output cannot be written");
}

std::uint64_t some_seed() {
  std::random_device from;
  return from();  // 32 bits: enough to differ, short enough to type again
}

exit_code list(catalogue const& known) {
  auto const print = [](auto const& each) { fmt::print("  {:<26} {}\n", each.name, each.sentence); };
  fmt::print("scenarios\n");
  for (auto const& each : known.scenarios) print(each);
  fmt::print("arms\n");
  for (auto const& each : known.arms) {
    if (!each.for_tests) print(each);
  }
  for (auto const& each : known.left_out) fmt::print("  {:<26} not built: {}\n", each.name, each.why);
  fmt::print("plans\n");
  for (auto const& each : all_plans()) print(each);
  return exit_code::ok;
}

result_file place_for_result(run_request const& wanted, std::time_t started) {
  if (!wanted.json.empty()) return result_file(wanted.json);
  return result_file::in_new_folder(fmt::format("build/bench/{:%Y-%m-%dT%H%M%S}", fmt::gmtime(started)));
}

/// The plan that this machine can carry out, and remarks about what of it it cannot.
plan plan_for(run_request const& wanted, catalogue const& known, environment const& here,
              std::vector<std::string>& remarks) {
  auto made = make_plan(wanted.plan, known, wanted.choice);
  auto const apart = [](cell const& each) { return each.placement == placement::split; };
  if (here.processors_allowed.size() < 2 && std::any_of(made.cells.begin(), made.cells.end(), apart)) {
    remarks.emplace_back("only one processor is allowed: placement free instead of split");
    for (auto& each : made.cells) {
      if (apart(each)) each.placement = placement::free;
    }
  }
  for (auto const& each : known.left_out) {
    if (std::find(made.missing.begin(), made.missing.end(), each.name) != made.missing.end())
      remarks.push_back(fmt::format("not measured: {} ({} when this was built)", each.name, each.why));
  }
  for (auto& each : made.cells) {
    if (each.connections + descriptors_beside_connections <= here.open_files || each.rounds == 0) continue;
    if (each.instrument == instrument::none) {
      remarks.push_back(
          fmt::format("not measured: {} (this process may have {} descriptors; root can raise that: "
                      "ulimit -Hn)",
                      each.title, here.open_files));
    }
    each.rounds = 0;
  }
  auto const leave_out = [&](instrument which, std::string_view what, std::string_view why) {
    auto carried = false;
    for (auto& each : made.cells) {
      if (each.instrument != which) continue;
      each.rounds = 0;  // it keeps its place: bars refer to cells by number
      carried = true;
    }
    if (carried) remarks.push_back(fmt::format("not measured: {} ({})", what, why));
  };
  if (!counting_library())
    leave_out(instrument::calls, "system calls and allocations", "the counting library was not built");
  if (!here.processor_counters_refused.empty()) {
    leave_out(instrument::instructions, "instructions and cycles", here.processor_counters_refused);
  }
  return made;
}

/// What has to be typed to measure the same in the same order.
std::string command_text(run_request const& wanted) {
  auto text = fmt::format("trivium-bench run --plan {} --seed {:x}", wanted.plan, wanted.choice.seed);
  if (!wanted.choice.scenario.empty()) text += " --scenario " + wanted.choice.scenario;
  if (!wanted.choice.arms.empty()) text += fmt::format(" --arms {}", fmt::join(wanted.choice.arms, ","));
  if (wanted.choice.connections != 0) text += fmt::format(" --connections {}", wanted.choice.connections);
  if (wanted.choice.rate != 0) text += fmt::format(" --rate {}", wanted.choice.rate);
  if (wanted.choice.work)
    text += fmt::format(" --work {}us",
                        std::chrono::duration_cast<std::chrono::microseconds>(*wanted.choice.work).count());
  if (wanted.choice.rounds != 0) text += fmt::format(" --rounds {}", wanted.choice.rounds);
  if (wanted.choice.where != placement::split)
    text += fmt::format(" --placement {}", name_of(wanted.choice.where));
  if (wanted.choice.window != duration::zero()) {
    text += fmt::format(" --window {}",
                        std::chrono::duration_cast<std::chrono::milliseconds>(wanted.choice.window).count());
  }
  if (wanted.choice.congestion != "cubic") text += " --congestion " + wanted.choice.congestion;
  if (wanted.choice.budget > 0) text += fmt::format(" --budget {}s", wanted.choice.budget);
  if (wanted.choice.precision > 0) text += fmt::format(" --precision {}%", wanted.choice.precision * 100);
  return text;
}

exit_code judge_run(result const& all) {
  // Without a whole round nothing was found, good or bad.
  if (all.run.rounds_done == 0) return all.plan.exact_checks ? exit_code::failed : exit_code::untrustworthy;
  auto const check_failed =
      std::any_of(all.checks.begin(), all.checks.end(), [](check const& each) { return !each.holds; });
  auto const bar_missed = std::any_of(all.analysis.bars.begin(), all.analysis.bars.end(),
                                      [](bar_row const& each) { return each.said == bar_word::missed; });
  if ((all.plan.exact_checks && (check_failed || all.checks.empty())) || bar_missed) return exit_code::failed;
  if (all.plan.exact_checks) return exit_code::ok;  // it says nothing about times, so nothing could bend it
  return all.analysis.trustworthy() ? exit_code::ok : exit_code::untrustworthy;
}

exit_code examine(doctor_request const& wanted) {
  auto const here = look_around(wanted.congestion);
  auto const found = findings_about(here);
  fmt::print("{}{}", environment_text(here), doctor_text(found, facts::shown));
  auto const spoils = std::any_of(found.begin(), found.end(),
                                  [](finding const& each) { return each.weight == weight::spoils; });
  return spoils ? exit_code::untrustworthy : exit_code::ok;
}

exit_code simulate_all(simulate_request const& wanted) {
  constexpr std::uint64_t seed = 1;
  fmt::print("{} runs of each, seed {}; visible in units of the noise of one trial\n", wanted.runs, seed);
  fmt::print("{:<10} {:>6} {:>9} {:>12} {:>15} {:>14} {:>6} {:>8}\n", "noise", "rounds", "coverage",
             "of baseline", "false verdicts", "control alarms", "power", "visible");
  for (auto const shape : noise_shapes) {
    for (auto const rounds : {6U, 9U, 12U, 24U, 48U}) {
      auto const seen = simulate(shape, rounds, wanted.runs, seed);
      fmt::print("{:<10} {:>6} {:>9.3f} {:>12.3f} {:>15.3f} {:>14.4f} {:>6} {:>8}\n", name_of(shape), rounds,
                 seen.coverage, seen.baseline_coverage, seen.false_verdicts, seen.control_alarms,
                 seen.visible > 0 ? fmt::format("{:.3f}", seen.power) : "-",
                 seen.visible > 0 ? fmt::format("{:.2f}", seen.visible) : "-");
      flush_output();
    }
  }
  return exit_code::ok;
}

/// Tells, once there is an interval, how many rounds the precision that was asked for will take.
class foretelling final : public onlooker {
 public:
  foretelling(onlooker& next, std::function<std::optional<double>(conducted const&)> width)
      : next_(next), width_(std::move(width)) {}

  void trial_begins(plan const& of, scheduled const& which, std::uint64_t trials_before) override {
    next_.trial_begins(of, which, trials_before);
  }
  void round_ended(plan const& of, conducted const& so_far) override {
    next_.round_ended(of, so_far);
    if (of.precision <= 0 || so_far.rounds_done != fewest_rounds_for_an_interval) return;
    auto const width = width_(so_far);
    if (!width) return;
    auto const needed =
        std::max(fewest_rounds_for_a_word, rounds_for_half_width(*width, so_far.rounds_done, of.precision));
    auto const text = fmt::format(
        "\nthe first {} rounds: +- {}; {} will take about {} rounds of at most {}\n", so_far.rounds_done,
        percent_text(*width), percent_text(of.precision), needed, of.rounds());
    std::fputs(text.c_str(), stderr);
  }

 private:
  onlooker& next_;
  std::function<std::optional<double>(conducted const&)> width_;
};

/// Holds the trials, and says what became of them.
void hold_trials(result& all, catalogue const& known) {
  auto const width = [&](conducted const& so_far) {
    return widest_half_width(analyse(all.plan, so_far.trials, all.environment.processor_counters_refused),
                             all.plan);
  };
  stopping_rule enough;
  if (all.plan.precision > 0) {
    enough = [&](conducted const& so_far) { return width(so_far).value_or(1) <= all.plan.precision; };
  }
  interrupt_on_signals();
  auto const before = load_sample::now();
  {
    progress watching(stderr);
    foretelling telling(watching, width);
    all.run = conduct(all.plan, known, {.program = this_program(), .counting_library = counting_library()},
                      telling, enough);
  }
  all.background = load_sample::now().since(before);
  fmt::print("{}", ended_text(all));
}

exit_code run(run_request const& wanted, catalogue const& known) {
  auto const started = std::time(nullptr);
  result all;
  all.started = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(started));
  all.environment = look_around(wanted.choice.congestion);
  all.findings = findings_about(all.environment);
  all.command = command_text(wanted);
  fmt::print("{}", machine_text(all));
  all.plan = plan_for(wanted, known, all.environment, all.remarks);
  fmt::print("{}", planned_text(all));
  flush_output();

  auto data = place_for_result(wanted, started);  // after the doctor, whom Ctrl-C just ends
  hold_trials(all, known);
  if (all.run.rounds_done == 0) return judge_run(all);
  all.analysis = analyse(all.plan, all.run.trials, all.environment.processor_counters_refused);
  if (all.plan.exact_checks) all.checks = exact_checks(all.plan, known, all.run.trials);
  std::exception_ptr not_printed;
  try {
    fmt::print("{}{}", result_text(all), closing_text(all, data.path()));
    flush_output();
  } catch (std::system_error const&) {
    not_printed = std::current_exception();  // all the more reason to write it
  }
  data.write(all);
  if (not_printed) std::rethrow_exception(not_printed);
  return judge_run(all);
}

exit_code report(report_request const& wanted) {
  fmt::print("{}", whole_text(read_result(wanted.file), wanted.file));
  return exit_code::ok;
}

exit_code do_as_asked(request const& asked, catalogue const& known) {
  if (auto const* const words = std::get_if<usage>(&asked)) {
    std::fputs(words->text.c_str(), words->mistake ? stderr : stdout);
    return words->mistake ? exit_code::usage : exit_code::ok;
  }
  if (std::holds_alternative<list_request>(asked)) return list(known);
  if (auto const* const wanted = std::get_if<doctor_request>(&asked)) return examine(*wanted);
  if (auto const* const wanted = std::get_if<report_request>(&asked)) return report(*wanted);
  if (auto const* const wanted = std::get_if<simulate_request>(&asked)) return simulate_all(*wanted);
  return run(std::get<run_request>(asked), known);
}

/// Whoever closed one of them wants no text, and nothing else may take its number: it would get the text.
bool open_standard_descriptors() {
  for (auto const each : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(each, F_GETFD) >= 0) continue;
    if (::open("/dev/null", O_RDWR) != each) return false;  // it takes the lowest that is closed
  }
  return true;
}

}  // namespace

int program(int argc, char const* const* argv, catalogue const& known) {
  if (!open_standard_descriptors()) return as_status(exit_code::infrastructure);
  // How the coordinator starts its children; no user's business, so no option shows it.
  if (argc == 2 && std::string_view(argv[1]) == "trial") return live_as_child(known);
  // What complains must not throw itself: stderr may be as full as stdout.
  try {
    auto const code = do_as_asked(parse_options(argc, argv, known, some_seed()), known);
    flush_output();
    return as_status(code);
  } catch (infrastructure_error const& problem) {
    std::fprintf(stderr, "\ntrivium-bench: a trial could not be held: %s\n", problem.what());
  } catch (std::invalid_argument const& problem) {
    std::fprintf(stderr, "trivium-bench: %s\n", problem.what());
    return as_status(exit_code::usage);
  } catch (std::exception const& problem) {
    std::fprintf(stderr, "\ntrivium-bench: %s\n", problem.what());
  }
  return as_status(exit_code::infrastructure);
}

}  // namespace trivium::bench
