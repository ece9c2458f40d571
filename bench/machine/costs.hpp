// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What the instrument itself costs, measured on the machine at hand.
#pragma once

#include <boost/describe/class.hpp>

namespace trivium::bench {

/// In nanoseconds.
struct costs {
  double clock = 0;      ///< to read the time once: a step does
  double null_step = 0;  ///< a step of a way that does nothing: script, meter and clock
  double reading = 0;    ///< to read all meters: once at either edge of the window
};
BOOST_DESCRIBE_STRUCT(costs, (), (clock, null_step, reading))

/// Takes some 50 ms. The least of several attempts, since what else runs can only add to it.
costs measure_costs();

}  // namespace trivium::bench
