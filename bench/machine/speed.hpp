// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// How steady a processor is: what one system call costs, from millisecond to millisecond. A hypervisor that
// runs another machine on the other hardware thread of the core takes no time away, so no account of the
// kernel's shows it; what is bound by throughput, as a system call is, then takes half as long again, and
// changes within seconds.
#pragma once

#include <boost/describe/class.hpp>
#include <vector>

namespace trivium::bench {

/// A system call's cost on one processor, in nanoseconds: what a tenth of the time stays below, and above.
struct speed {
  int processor = -1;
  double fast = 0;
  double slow = 0;
};
BOOST_DESCRIBE_STRUCT(speed, (), (processor, fast, slow))

/// All at once, for 0.8 s, each in the processor time of a thread of its own.
std::vector<speed> measure_speeds(std::vector<int> const& processors);

}  // namespace trivium::bench
