// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "processor_counters.hpp"

#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>

namespace trivium::bench {

processor_counters::processor_counters()
    : instructions_(open_one(PERF_COUNT_HW_INSTRUCTIONS)), cycles_(open_one(PERF_COUNT_HW_CPU_CYCLES)) {}

descriptor processor_counters::open_one(std::uint64_t which) {
  if (!refusal_.empty()) return descriptor();
  perf_event_attr wanted{};
  wanted.type = PERF_TYPE_HARDWARE;
  wanted.size = sizeof wanted;
  wanted.config = which;
  wanted.inherit = 1;
  wanted.exclude_hv = 1;
  auto const fd = ::syscall(SYS_perf_event_open, &wanted, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
  if (fd < 0) {
    refusal_ = errno == EACCES || errno == EPERM
                   ? "not permitted; sysctl kernel.perf_event_paranoid=1 or CAP_PERFMON would allow it"
                   : std::string(std::strerror(errno)) + ": this machine has no processor counters to read";
  }
  return descriptor(static_cast<int>(fd));
}

std::uint64_t processor_counters::read_one(descriptor const& from) {
  std::uint64_t value = 0;
  if (::read(from.get(), &value, sizeof value) != sizeof value) return 0;
  return value;
}

namespace {

double processor_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

/// As the system says; 0 if it does not.
double nominal_hertz() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    auto const colon = line.find(": ");
    if (line.starts_with("cpu MHz") && colon != std::string::npos)
      return std::stod(line.substr(colon + 2)) * 1e6;
  }
  return 0;
}

}  // namespace

std::string processor_counters_refusal() {
  processor_counters const counters;
  if (!counters.refusal().empty()) return counters.refusal();
  constexpr unsigned turns = 5'000'000;  // a turn is at least two instructions, all of them some milliseconds
  auto const instructions = counters.instructions();
  auto const cycles = counters.cycles();
  auto const began = processor_seconds();
  for (unsigned i = 0; i < turns; ++i) asm volatile("");
  auto const took = processor_seconds() - began;
  if (counters.instructions() - instructions < 2 * turns) {
    return "the counters do not count: this is likely a virtual machine without them";
  }
  auto const hertz = static_cast<double>(counters.cycles() - cycles) / took;
  auto const nominal = nominal_hertz();
  // Half of it when a processor saves power, a fifth more when it hurries: else it is not cycles that are
  // counted.
  if (nominal > 0 && (hertz < 0.5 * nominal || hertz > 1.2 * nominal)) {
    return fmt::format(
        "the counters are not credible: {:.2f} GHz by their cycles on a processor of {:.2f} GHz",
        hertz * 1e-9, nominal * 1e-9);
  }
  return {};
}

}  // namespace trivium::bench
