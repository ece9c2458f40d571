// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The machine that a result belongs to, and what about it a reader should know before believing the result.
#pragma once

#include <boost/describe/class.hpp>
#include <string>
#include <vector>

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
  double load = 0;            ///< over the last minute
  double busy_elsewhere = 0;  ///< processors' worth of foreign work, just before the run
  std::string processor_counters_refused;
};
BOOST_DESCRIBE_STRUCT(environment, (),
                      (version, compiler, build, boost, kernel, processor, processors_allowed, virtualised,
                       governor, clock_source, congestion_default, congestion_allowed, congestion_asked,
                       congestion_refused, tcp_wmem, tcp_rmem, load, busy_elsewhere,
                       processor_counters_refused))

/// Takes a fifth of a second: it looks for neighbours.
environment look_around(std::string const& congestion);

/// One sentence for each thing that widens or bends what is measured; empty on a good machine.
std::vector<std::string> warnings_about(environment const& here);

}  // namespace trivium::bench
