// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What is read at the two edges of the window, and never in between.
#pragma once

#include <cstdint>
#include <memory>

#include "../steps/clock.hpp"
#include "../steps/tally.hpp"
#include "instrument.hpp"
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
  tcp_figures tcp;
  tally way;
  std::uint64_t instructions = 0;
  std::uint64_t cycles = 0;
};

class meter {
 public:
  /// Throws if the instrument cannot be had.
  explicit meter(instrument carried);

  /// The connection is known later than the counters have to be opened.
  void watch(int socket, tally const& way) {
    socket_ = socket;
    way_ = &way;
  }

  [[nodiscard]] reading read(time_point now) const;

 private:
  instrument carried_;
  std::unique_ptr<processor_counters> counters_;
  int socket_ = -1;
  tally const* way_ = nullptr;
};

/// Books what lies between the two edges; of `into.tcp`, too.
void book(side_record& into, reading const& before, reading const& after);

}  // namespace trivium::bench
