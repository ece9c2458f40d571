// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The machine that a result belongs to, and what about it a reader should know before believing the result.
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "background_load.hpp"
#include "costs.hpp"
#include "speed.hpp"

namespace trivium::bench {

struct environment {
  std::string version;  ///< of this program
  std::string compiler;
  std::string build;
  std::string boost;
  std::string kernel;
  std::string processor;
  std::vector<int> processors_allowed;
  std::string virtualised;  ///< "yes", "no"
  std::string governor;
  std::string clock_source;
  std::string congestion_default;
  std::string congestion_allowed;  ///< what every user may set
  std::string congestion_asked;
  std::string congestion_refused;  ///< why it could not be set; empty if it could
  std::string tcp_wmem;
  std::string tcp_rmem;
  std::string congestion_available;
  std::vector<std::string> mitigations;  ///< of processor flaws, those that are in force
  std::uint64_t open_files = 0;          ///< that this process may have: the hard limit
  double load = 0;                       ///< over the last minute
  bench::background_load background;     ///< just before the run
  std::vector<speed> speeds;             ///< of the processors that split trials run on
  bench::costs costs;                    ///< of the instrument itself
  std::string processor_counters_refused;
  std::string kernel_entries_refused;
};
BOOST_DESCRIBE_STRUCT(environment, (),
                      (version, compiler, build, boost, kernel, processor, processors_allowed, virtualised,
                       governor, clock_source, congestion_default, congestion_allowed, congestion_asked,
                       congestion_refused, tcp_wmem, tcp_rmem, congestion_available, mitigations, open_files,
                       load, background, speeds, costs, processor_counters_refused, kernel_entries_refused))

/// What is known without looking at the machine: version, compiler, build and Boost.
environment this_build();

/// Takes some two seconds: it looks for neighbours, and then at how steady the processors are.
environment look_around(std::string const& congestion);

}  // namespace trivium::bench
