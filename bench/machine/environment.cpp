// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "environment.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include <algorithm>
#include <boost/version.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <thread>

#include "../trial/connection.hpp"
#include "../trial/kernel_entries.hpp"
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

/// What is done about the processor's flaws, by the name of the flaw.
std::vector<std::string> mitigations_in_force() {
  std::vector<std::string> all;
  std::error_code error;
  for (std::filesystem::directory_iterator each("/sys/devices/system/cpu/vulnerabilities", error), end;
       !error && each != end; each.increment(error)) {
    if (first_line(each->path()).starts_with("Mitigation")) all.push_back(each->path().filename());
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::uint64_t open_files_allowed() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : 0;
}

background_load load_for_a_while() {
  constexpr auto a_while = 500ms;  // fifty ticks of the kernel's own accounting
  auto const before = load_sample::now();
  std::this_thread::sleep_for(a_while);
  return load_sample::now().since(before);
}

std::vector<int> processors_of_trials(std::vector<int> const& allowed) {
  if (allowed.size() < 2) return allowed;
  auto const own = places_for(placement::split, allowed, siblings_of);
  return {own.near.front(), own.far.front()};
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

environment this_build() {
  environment here;
  here.version = TRIVIUM_BENCH_VERSION;
  here.compiler = compiler();
  here.build = TRIVIUM_BENCH_BUILD;
  here.boost =
      fmt::format("{}.{}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100);
  return here;
}

environment look_around(std::string const& congestion) {
  auto here = this_build();
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
  here.congestion_available = fmt::format("{}", fmt::join(congestion_available(), " "));
  here.mitigations = mitigations_in_force();
  here.open_files = open_files_allowed();
  here.background = load_for_a_while();
  here.speeds = measure_speeds(processors_of_trials(here.processors_allowed));
  here.costs = measure_costs();
  here.processor_counters_refused = processor_counters_refusal();
  here.kernel_entries_refused = kernel_entries_refusal();
  return here;
}

}  // namespace trivium::bench
