// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// A result as JSON: everything that was measured, trial by trial, and everything that was said about it.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "../plan/conduct.hpp"
#include "analysis.hpp"
#include "checks.hpp"
#include "doctor.hpp"
#include "environment.hpp"

namespace trivium::bench {

struct result {
  bench::plan plan;
  bench::environment environment;
  std::vector<finding> findings;  ///< of the doctor, before the run
  bench::company company;         ///< while it ran
  conducted run;
  bench::analysis analysis;
  std::vector<check> checks;
  std::string started;  ///< UTC, as ISO 8601 writes it
};

boost::json::object to_json(result const& all);

/// Writes it and makes the folders on the way. Throws `std::system_error`.
void write_json(result const& all, std::string const& path);

}  // namespace trivium::bench
