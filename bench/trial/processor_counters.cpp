// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "processor_counters.hpp"

#include <linux/perf_event.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>

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

std::string processor_counters_refusal() {
  processor_counters const counters;
  if (!counters.refusal().empty()) return counters.refusal();
  constexpr unsigned turns = 1'000'000;  // a turn is at least two instructions
  auto const before = counters.instructions();
  for (unsigned i = 0; i < turns; ++i) asm volatile("");
  auto const counted = counters.instructions() - before;
  if (counted < 2 * turns) return "the counters do not count: this is likely a virtual machine without them";
  return {};
}

}  // namespace trivium::bench
