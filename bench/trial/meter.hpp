// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What is read at the two edges of the window, and never in between.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "../steps/clock.hpp"
#include "../steps/tally.hpp"
#include "instrument.hpp"
#include "kernel_entries.hpp"
#include "processor_counters.hpp"
#include "record.hpp"

namespace trivium::bench {

struct reading {
  time_point at = {};
  double cpu_user_ns = 0;
  double cpu_system_ns = 0;
  std::uint64_t switches_voluntary = 0;
  std::uint64_t switches_involuntary = 0;
  double queue_wait_ns = 0;
  double resident_bytes = 0;
  std::uint64_t faults_minor = 0;
  std::uint64_t faults_major = 0;
  tcp_figures tcp;
  tally way;
  std::uint64_t instructions = 0;
  std::uint64_t cycles = 0;
  std::optional<std::uint64_t> kernel_entries;
};

/// The memory that this process has touched and no file backs, its stacks included; 0 if the system does not
/// say.
double resident_bytes();

class meter {
 public:
  /// Throws if the instrument cannot be had.
  explicit meter(instrument carried);

  /// The connection is known later than the counters have to be opened; of several, the first is watched. An
  /// end with `many_threads` waits for its own threads, so that how long these were ready and not running
  /// says nothing about others.
  void watch(int socket, tally const& way, bool many_threads = false) {
    socket_ = socket;
    way_ = &way;
    many_threads_ = many_threads;
    resident_before_ = resident_bytes();
  }

  /// At the edges, by one thread.
  void open(time_point now) { opening_ = opening(now); }
  void close(time_point now) { closing_ = closing(now); }
  /// Books what lies between the two edges. If none was passed, `into.seconds` is zero: the end was kept from
  /// running through the whole window.
  void book(side_record& into) const;

  /// At the edge at which the window opens, and at the one at which it closes. They read the same, the one in
  /// the reverse order of the other: what reading costs must stay outside of what is read.
  [[nodiscard]] reading opening(time_point now) const;
  [[nodiscard]] reading closing(time_point now) const;

 private:
  instrument carried_;
  void read_counters(reading& into) const;
  void read_usage(reading& into) const;
  void read_files(reading& into) const;

  std::unique_ptr<processor_counters> counters_;
  std::unique_ptr<bench::kernel_entries> entries_;
  int socket_ = -1;
  tally const* way_ = nullptr;
  bool many_threads_ = false;
  double resident_before_ = 0;
  reading opening_;
  reading closing_;
};

}  // namespace trivium::bench
