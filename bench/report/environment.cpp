// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "environment.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <boost/version.hpp>
#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

#include "../trial/connection.hpp"
#include "../trial/placement.hpp"
#include "../trial/processor_counters.hpp"

namespace trivium::bench {

namespace {

using namespace std::chrono_literals;

std::string first_line(std::string const& path) {
  std::string line;
  std::ifstream file(path);
  std::getline(file, line);
  return line;
}

std::string or_unknown(std::string const& text) {
  return text.empty() ? "unknown" : text;
}

std::string spaced(std::string text) {
  for (auto& each : text) {
    if (each == '\t') each = ' ';
  }
  return text;
}

/// The value of a line "key : value" of /proc/cpuinfo.
std::string processor_says(std::string_view key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    auto const colon = line.find(": ");
    if (line.starts_with(key) && colon != std::string::npos) return line.substr(colon + 2);
  }
  return {};
}

/// Processor time of everything that ran, in seconds since the machine started.
double busy_seconds() {
  std::istringstream line(first_line("/proc/stat"));
  std::string name;
  double user = 0;
  double nice = 0;
  double system = 0;
  double idle = 0;
  double waiting = 0;
  double interrupts = 0;
  double soft_interrupts = 0;
  line >> name >> user >> nice >> system >> idle >> waiting >> interrupts >> soft_interrupts;
  return (user + nice + system + interrupts + soft_interrupts) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double busy_elsewhere() {
  constexpr auto look = 200ms;  // twenty ticks of the kernel's own accounting
  auto const before = busy_seconds();
  std::this_thread::sleep_for(look);
  return (busy_seconds() - before) / std::chrono::duration<double>(look).count();
}

double load() {
  double average[1] = {};
  return ::getloadavg(average, 1) == 1 ? average[0] : 0;
}

std::string compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

}  // namespace

environment look_around(std::string const& congestion) {
  environment here;
  here.version = TRIVIUM_BENCH_VERSION;
  here.compiler = compiler();
  here.build = TRIVIUM_BENCH_BUILD;
  here.boost =
      fmt::format("{}.{}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100);
  utsname system{};
  ::uname(&system);
  here.kernel = system.release;
  here.processor = or_unknown(processor_says("model name"));
  here.processors_allowed = processors_allowed();
  here.virtualised = processor_says("flags").find(" hypervisor") != std::string::npos ? "yes" : "no";
  here.governor = or_unknown(first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"));
  here.clock_source =
      or_unknown(first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource"));
  here.congestion_default = or_unknown(first_line("/proc/sys/net/ipv4/tcp_congestion_control"));
  here.congestion_allowed = first_line("/proc/sys/net/ipv4/tcp_allowed_congestion_control");
  here.congestion_asked = congestion;
  here.congestion_refused = congestion_refusal(congestion);
  here.tcp_wmem = spaced(first_line("/proc/sys/net/ipv4/tcp_wmem"));
  here.tcp_rmem = spaced(first_line("/proc/sys/net/ipv4/tcp_rmem"));
  here.load = load();
  here.busy_elsewhere = busy_elsewhere();
  here.processor_counters_refused = processor_counters_refusal();
  return here;
}

std::vector<std::string> warnings_about(environment const& here) {
  // A tenth of a processor is several times what an idle system uses, and less than any build or browser.
  constexpr auto quiet = 0.1;
  std::vector<std::string> all;
  if (here.processors_allowed.size() < 2) {
    all.emplace_back(
        "only one processor is allowed: both ends share it, and waiting is cheaper than it is elsewhere");
  }
  if (here.busy_elsewhere > quiet) {
    all.push_back(
        fmt::format("other programs use {:.1f} processors: intervals will be wide; stop them and run again",
                    here.busy_elsewhere));
  }
  if (!here.congestion_refused.empty()) {
    all.push_back(
        fmt::format("congestion control {} could not be set ({}): {} is measured instead; as root, "
                    "sysctl net.ipv4.tcp_allowed_congestion_control=\"{} {}\" allows it",
                    here.congestion_asked, here.congestion_refused, here.congestion_default,
                    here.congestion_allowed, here.congestion_asked));
  }
  if (here.governor != "unknown" && here.governor != "performance") {
    all.push_back(
        fmt::format("processor frequency follows the load (governor {}): short trials see it change; "
                    "cpupower frequency-set -g performance",
                    here.governor));
  }
  if (here.clock_source != "tsc" && here.clock_source != "kvm-clock" && here.clock_source != "unknown" &&
      here.clock_source != "arch_sys_counter") {
    all.push_back(
        fmt::format("clock source {}: reading the time is a system call here, and a step reads it once",
                    here.clock_source));
  }
  return all;
}

}  // namespace trivium::bench
