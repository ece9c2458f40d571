// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "kernel_entries.hpp"

#include <linux/perf_event.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace trivium::bench {

namespace {

/// The number that this kernel gave the tracepoint; 0 if it cannot be read.
std::uint64_t number_of_tracepoint() {
  for (auto const* const folder : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"}) {
    std::ifstream file(std::string(folder) + "/events/raw_syscalls/sys_enter/id");
    std::uint64_t number = 0;
    if (file >> number) return number;
  }
  return 0;
}

}  // namespace

kernel_entries::kernel_entries() {
  auto const number = number_of_tracepoint();
  if (number == 0) {
    refusal_ =
        "the tracepoint raw_syscalls:sys_enter cannot be read; as root, mount -t tracefs nodev "
        "/sys/kernel/tracing would show it, on a kernel with CONFIG_FTRACE_SYSCALLS";
    return;
  }
  perf_event_attr wanted{};
  wanted.type = PERF_TYPE_TRACEPOINT;
  wanted.size = sizeof wanted;
  wanted.config = number;
  wanted.inherit = 1;
  counter_ =
      descriptor(static_cast<int>(::syscall(SYS_perf_event_open, &wanted, 0, -1, -1, PERF_FLAG_FD_CLOEXEC)));
  if (counter_.get() >= 0) return;
  refusal_ = errno == EACCES || errno == EPERM
                 ? "not permitted; root, or CAP_PERFMON, would be"
                 : std::string("the tracepoint cannot be counted: ") + std::strerror(errno);
}

std::optional<std::uint64_t> kernel_entries::count() const {
  std::uint64_t value = 0;
  if (counter_.get() < 0 || ::read(counter_.get(), &value, sizeof value) != sizeof value) return std::nullopt;
  return value;
}

std::string kernel_entries_refusal() {
  kernel_entries const counter;
  if (!counter.refusal().empty()) return counter.refusal();
  auto const before = counter.count();
  constexpr auto calls = 100;
  for (int i = 0; i < calls; ++i) (void)::syscall(SYS_getppid);
  auto const after = counter.count();
  // The call that asks is counted as well.
  if (!before || !after || *after - *before != calls + 1) return "the tracepoint is there and does not count";
  return {};
}

}  // namespace trivium::bench
