// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "doctor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace trivium::bench {

namespace {

// A tenth of a processor is several times what an idle system uses. Half of one is on one of the two cores
// half of the time.
constexpr auto quiet = 0.1;
constexpr auto loud = 0.5;

finding processors(environment const& here) {
  auto const& allowed = here.processors_allowed;
  if (allowed.size() < 2) {
    return {"processors", weight::spoils,
            fmt::format(
                "only one processor is allowed ({}): both ends share it, and no two cores can be compared",
                fmt::join(allowed, ", ")),
            "give this process or container two (taskset -c 0,1), or measure --placement shared on purpose"};
  }
  return {"processors", weight::fact,
          fmt::format("{} allowed ({})", allowed.size(), fmt::join(allowed, ", ")), ""};
}

void neighbours(environment const& here, std::vector<finding>& into) {
  auto const& background = here.background;
  double named = 0;
  for (auto const& each : background.neighbours) {
    named += each.busy;
    into.push_back({"neighbours", each.busy >= loud ? weight::spoils : weight::beware,
                    fmt::format("a busy neighbour: {}", sentence(each)),
                    fmt::format("stop it, or wait for its end (kill {})", each.process)});
  }
  auto const unnamed = background.busy - named;
  if (unnamed > quiet) {
    into.push_back(
        {"neighbours", unnamed >= loud ? weight::spoils : weight::beware,
         fmt::format("{:.2f} of a processor goes to work that has no name here: many short programs, the "
                     "kernel, or another container",
                     unnamed),
         "look with top on the host"});
  }
  if (background.neighbours.empty() && unnamed <= quiet) {
    into.push_back({"neighbours", weight::fact,
                    fmt::format("quiet: {:.2f} of a processor busy elsewhere", background.busy), ""});
  }
}

finding steal(environment const& here) {
  auto const share = here.background.steal;
  constexpr auto felt = 0.01;
  constexpr auto too_much = 0.10;
  if (share > felt) {
    return {"steal", share > too_much ? weight::spoils : weight::beware,
            fmt::format("the host took {:.0f} % of the processors' time away", share * 100),
            "other virtual machines are busy: wait, or measure on a machine of your own"};
  }
  return {"steal", weight::fact, fmt::format("{:.1f} %", share * 100), ""};
}

finding steadiness(environment const& here) {
  constexpr auto steady = 1.15;  // where a core was shared with another machine, it was 1.4
  auto const ratio = [](speed const& one) { return one.fast > 0 ? one.slow / one.fast : 1; };
  auto const worst = std::max_element(here.speeds.begin(), here.speeds.end(),
                                      [&](speed const& a, speed const& b) { return ratio(a) < ratio(b); });
  if (worst == here.speeds.end()) return {"speed", weight::fact, "not seen", ""};
  if (ratio(*worst) <= steady) {
    return {"speed", weight::fact,
            fmt::format("steady: a system call takes {:.0f} to {:.0f} ns", worst->fast, worst->slow), ""};
  }
  auto const says = fmt::format("a system call takes {:.0f} ns at times and {:.0f} at others on processor {}",
                                worst->fast, worst->slow, worst->processor);
  if (here.background.busy > quiet) {
    return {"speed", weight::beware, says + ", beside what runs here: results scatter that much",
            "look again when it has ended"};
  }
  return {"speed", weight::beware,
          says +
              ", and nothing else runs here: another machine shares the processor's cores (hyperthreads); "
              "results scatter that much",
          "measure on a machine of your own, or take more rounds"};
}

finding governor(environment const& here) {
  if (here.governor != "unknown" && here.governor != "performance") {
    return {"governor", weight::beware,
            fmt::format("processor frequency follows the load (governor {}): short trials see it change",
                        here.governor),
            "cpupower frequency-set -g performance"};
  }
  return {"governor", weight::fact, here.governor == "unknown" ? "none to be seen" : here.governor, ""};
}

finding clock_source(environment const& here) {
  constexpr std::string_view without_a_call[] = {"tsc", "kvm-clock", "arch_sys_counter", "unknown"};
  if (std::find(std::begin(without_a_call), std::end(without_a_call), here.clock_source) ==
      std::end(without_a_call)) {
    return {"clock", weight::beware,
            fmt::format("source {}: reading the time is a system call here, and most steps read it",
                        here.clock_source),
            "boot with clocksource=tsc if the processor's counter is steady"};
  }
  return {"clock", weight::fact,
          fmt::format("source {}; reading it takes {:.0f} ns", here.clock_source, here.costs.clock), ""};
}

finding instrument_costs(environment const& here) {
  // A round trip on loopback takes some 15 us: this would be more than half a per cent of it.
  constexpr auto dear = 100.0;
  auto says = fmt::format(
      "a step that does nothing takes {:.1f} ns, {:.1f} of them for the clock; all meters, read twice "
      "a trial, {:.1f} us",
      here.costs.null_step, here.costs.clock, here.costs.reading / 1e3);
  if (here.costs.null_step <= dear) return {"instrument", weight::fact, std::move(says), ""};
  return {"instrument", weight::beware, std::move(says),
          "each end of a round trip carries that: read their ratios with it in mind"};
}

finding mitigations(environment const& here) {
  if (here.mitigations.empty()) return {"mitigations", weight::fact, "none in force", ""};
  return {"mitigations", weight::fact,
          fmt::format("{}: every system call pays for them", fmt::join(here.mitigations, ", ")), ""};
}

/// What would let the congestion control be set that was refused. The system lets nobody permit one that it
/// does not have.
std::string advice_on_congestion(environment const& here) {
  auto const had =
      here.congestion_available.empty() ||
      fmt::format(" {} ", here.congestion_available).find(fmt::format(" {} ", here.congestion_asked)) !=
          std::string::npos;
  if (!had) {
    return fmt::format("{} available here; as root, modprobe tcp_{} adds it where the kernel has that module",
                       here.congestion_available, here.congestion_asked);
  }
  return fmt::format("as root, sysctl net.ipv4.tcp_allowed_congestion_control=\"{} {}\"; {} available here",
                     here.congestion_allowed, here.congestion_asked, here.congestion_available);
}

void congestion(environment const& here, std::vector<finding>& into) {
  auto const refused = !here.congestion_refused.empty();
  auto const& in_use = refused ? here.congestion_default : here.congestion_asked;
  if (refused) {
    into.push_back({"congestion control", weight::beware,
                    fmt::format("{} was refused ({}): {} is measured, and every result is marked with it",
                                here.congestion_asked, here.congestion_refused, in_use),
                    advice_on_congestion(here)});
  }
  if (in_use.starts_with("bbr")) {
    into.push_back(
        {"congestion control", weight::beware,
         fmt::format("{} is in use: it paces what it sends by a model of the path, and its bulk throughput "
                     "was 0.76 [0.67, 0.80] of cubic's over a virtual link",
                     in_use),
         "--congestion cubic, or sysctl net.ipv4.tcp_congestion_control=cubic as root"});
  } else if (!refused) {
    into.push_back({"congestion control", weight::fact,
                    in_use == here.congestion_default
                        ? in_use
                        : fmt::format("{}, set on every socket; the default here is {}", in_use,
                                      here.congestion_default),
                    ""});
  }
}

finding buffers(environment const& here) {
  constexpr std::uint64_t operation = 1 << 20;
  auto const says = fmt::format("tcp_wmem {}, tcp_rmem {}", here.tcp_wmem, here.tcp_rmem);
  auto const last = here.tcp_wmem.rfind(' ');
  auto const largest = last == std::string::npos ? operation : std::stoull(here.tcp_wmem.substr(last));
  if (largest >= operation) return {"buffers", weight::fact, says, ""};
  return {"buffers", weight::beware, says + ": a send of 1 MiB waits several times, however it is made",
          "sysctl net.ipv4.tcp_wmem=\"4096 16384 4194304\" as root"};
}

finding limits(environment const& here) {
  constexpr auto enough = 64;  // a trial opens a dozen
  auto const says = fmt::format("{} open files", here.open_files);
  if (here.open_files >= enough) return {"limits", weight::fact, says, ""};
  return {"limits", weight::spoils, says + ": trials cannot be held", "ulimit -Hn 1024, as root"};
}

finding may_be_missing(std::string subject, std::string what, std::string const& refusal, std::string fact) {
  if (refusal.empty()) return {std::move(subject), weight::fact, std::move(fact), ""};
  auto const at = refusal.find("; ");
  return {std::move(subject), weight::missing,
          fmt::format("{} not measured: {}", what, refusal.substr(0, at)),
          at == std::string::npos ? "measure on a machine that has them" : refusal.substr(at + 2)};
}

std::string_view mark_of(weight heavy) {
  switch (heavy) {
    case weight::missing:
      return "missing";
    case weight::beware:
      return "BEWARE";
    case weight::spoils:
      return "SPOILS";
    case weight::fact:
      break;
  }
  return "ok";
}

}  // namespace

std::vector<finding> findings_about(environment const& here) {
  std::vector<finding> found{processors(here)};
  neighbours(here, found);
  found.push_back(steal(here));
  found.push_back(steadiness(here));
  found.push_back(governor(here));
  found.push_back(clock_source(here));
  found.push_back(instrument_costs(here));
  found.push_back(mitigations(here));
  congestion(here, found);
  found.push_back(buffers(here));
  found.push_back(limits(here));
  found.push_back(may_be_missing("processor counters", "instructions and cycles are",
                                 here.processor_counters_refused, "readable, the kernel's part included"));
  found.push_back(may_be_missing("tracepoint", "kernel entries are", here.kernel_entries_refused,
                                 "the kernel's own count of system calls can be read"));
  return found;
}

std::string doctor_text(std::vector<finding> const& found, facts which) {
  std::string text;
  for (auto const& each : found) {
    if (each.weight == weight::fact && which == facts::left_out) continue;
    text += fmt::format("{:<8} {}: {}{}{}\n", mark_of(each.weight), each.subject, each.says,
                        each.advice.empty() ? "" : "; ", each.advice);
  }
  return text;
}

}  // namespace trivium::bench
