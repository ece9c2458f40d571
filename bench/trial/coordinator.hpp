// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// One trial: two fresh processes, brought together, started at an agreed time, and heard. While they run the
// coordinator sleeps: on two processors anything that ticks is foreign load.
#pragma once

#include <optional>
#include <string>

#include "../steps/clock.hpp"
#include "order.hpp"
#include "placement.hpp"
#include "record.hpp"

namespace trivium::bench {

struct trial_order {
  std::string scenario;
  std::string near_arm;
  std::string far_arm;
  std::uint64_t operation = 0;
  std::uint64_t connections = 1;
  duration work = {};
  std::uint64_t rate = 0;
  std::uint64_t send_buffer = 0;
  std::string congestion;
  std::string address = "127.0.0.1";
  bench::instrument instrument = instrument::none;
  places where;
  duration warm_up = {};
  duration window = {};   ///< zero: the whole is measured
  duration longest = {};  ///< after this much time a trial is stuck
};

struct machinery {
  std::string program;                          ///< what to start as `program trial`
  std::optional<std::string> counting_library;  ///< none: trials that count calls cannot be held
};

/// The measurements of both ends, near first. Throws `infrastructure_error` with the child's last words if
/// one of them dies, fails or does not answer; throws `interrupted` if the user asked to stop.
std::pair<side_record, side_record> hold_trial(trial_order const& what, machinery const& with);

/// From now on SIGINT and SIGTERM end the trial under way, as `interrupted`. The second one ends the program.
void interrupt_on_signals();

}  // namespace trivium::bench
