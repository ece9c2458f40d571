// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// All that a run leaves: what was to be measured, where, every trial, and what was found.
#pragma once

#include <string>
#include <vector>

#include "../analysis/analysis.hpp"
#include "../analysis/checks.hpp"
#include "../machine/doctor.hpp"
#include "../machine/environment.hpp"
#include "../plan/conduct.hpp"

namespace trivium::bench {

struct result {
  bench::plan plan;
  bench::environment environment;
  std::vector<finding> findings;      ///< of the doctor, before the run
  bench::background_load background;  ///< while it ran
  conducted run;
  bench::analysis analysis;
  std::vector<check> checks;
  std::string started;               ///< UTC, as ISO 8601 writes it
  std::vector<std::string> remarks;  ///< what of the plan this machine could not carry out
  std::string command;               ///< what measures the same in the same order
};

}  // namespace trivium::bench
