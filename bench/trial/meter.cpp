// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "meter.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>

#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tcp_info.hpp"

namespace trivium::bench {

namespace {

double nanoseconds(timeval const& t) {
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_usec) * 1e3;
}

// "cpu-time queue-wait slices" of every thread; the file needs no privilege. Absent without
// CONFIG_SCHEDSTATS: then 0.
double queue_wait_of_all_threads() {
  auto* const threads = ::opendir("/proc/self/task");
  if (threads == nullptr) return 0;
  double sum = 0;
  while (auto const* const each = ::readdir(threads)) {
    if (each->d_name[0] == '.') continue;
    descriptor const file(::open((std::string("/proc/self/task/") + each->d_name + "/schedstat").c_str(),
                                 O_RDONLY | O_CLOEXEC));
    char text[96] = {};
    if (file.get() < 0 || ::read(file.get(), text, sizeof text - 1) <= 0) continue;
    char* second = nullptr;
    (void)std::strtoull(text, &second, 10);
    sum += static_cast<double>(std::strtoull(second, nullptr, 10));
  }
  ::closedir(threads);
  return sum;
}

}  // namespace

double resident_bytes() {
  // The kernel keeps statm's figure in batches for each thread; this one it counts anew.
  descriptor const file(::open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC));
  char text[2048] = {};
  if (file.get() < 0 || ::read(file.get(), text, sizeof text - 1) <= 0) return 0;
  constexpr std::string_view name = "Anonymous:";
  auto const* const at = std::strstr(text, name.data());
  return at == nullptr ? 0 : std::strtod(at + name.size(), nullptr) * 1024;
}

meter::meter(instrument carried) : carried_(carried) {
  if (carried_ == instrument::instructions) {
    counters_ = std::make_unique<processor_counters>();
    if (!counters_->refusal().empty())
      throw std::runtime_error("processor counters: " + counters_->refusal());
  }
  if (carried_ == instrument::calls) {
    if (counts_of_this_thread() == nullptr) throw std::runtime_error("the counting library is not preloaded");
    entries_ = std::make_unique<bench::kernel_entries>();  // where it may be had; the report says if not
  }
}

void meter::read_counters(reading& into) const {
  if (carried_ == instrument::instructions) {
    into.instructions = counters_->instructions();
    into.cycles = counters_->cycles();
  }
  if (entries_) into.kernel_entries = entries_->count();
}

void meter::read_usage(reading& into) const {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  into.cpu_user_ns = nanoseconds(used.ru_utime);
  into.cpu_system_ns = nanoseconds(used.ru_stime);
  into.switches_voluntary = static_cast<std::uint64_t>(used.ru_nvcsw);
  into.switches_involuntary = static_cast<std::uint64_t>(used.ru_nivcsw);
  into.faults_minor = static_cast<std::uint64_t>(used.ru_minflt);
  into.faults_major = static_cast<std::uint64_t>(used.ru_majflt);
}

void meter::read_files(reading& into) const {
  if (!many_threads_) into.queue_wait_ns = queue_wait_of_all_threads();
  into.tcp = tcp_figures_of(socket_);
}

reading meter::opening(time_point now) const {
  reading taken;
  taken.at = now;
  if (way_ != nullptr) taken.way = *way_;
  taken.resident_bytes = resident_bytes();
  read_files(taken);
  read_usage(taken);
  read_counters(taken);
  return taken;
}

reading meter::closing(time_point now) const {
  reading taken;
  taken.at = now;
  if (way_ != nullptr) taken.way = *way_;
  read_counters(taken);
  read_usage(taken);
  read_files(taken);
  return taken;
}

void meter::book(side_record& into) const {
  auto const& before = opening_;
  auto const& after = closing_;
  into.seconds = std::chrono::duration<double>(after.at - before.at).count();
  into.cpu_user_ns = after.cpu_user_ns - before.cpu_user_ns;
  into.cpu_system_ns = after.cpu_system_ns - before.cpu_system_ns;
  into.switches_voluntary = after.switches_voluntary - before.switches_voluntary;
  into.switches_involuntary = after.switches_involuntary - before.switches_involuntary;
  into.queue_wait_ns = after.queue_wait_ns - before.queue_wait_ns;
  into.resident_bytes = before.resident_bytes - resident_before_;
  into.tcp = difference(before.tcp, after.tcp);
  into.way = {.kept = after.way.kept,
              .calls = after.way.calls - before.way.calls,
              .would_blocks = after.way.would_blocks - before.way.would_blocks,
              .waits = after.way.waits - before.way.waits,
              .longest_hold_ns = static_cast<double>(after.way.longest_hold.count())};
  into.faults_minor = after.faults_minor - before.faults_minor;
  into.faults_major = after.faults_major - before.faults_major;
  into.opened_at = before.at.time_since_epoch().count();
  into.closed_at = after.at.time_since_epoch().count();
  if (before.kernel_entries && after.kernel_entries) {
    into.kernel_entries =
        static_cast<std::int64_t>(*after.kernel_entries - *before.kernel_entries) - 1;  // that asked
  }
  into.instructions = static_cast<double>(after.instructions - before.instructions);
  into.cycles = static_cast<double>(after.cycles - before.cycles);
}

}  // namespace trivium::bench
