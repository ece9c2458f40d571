// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What is attached to a trial. Timed trials carry nothing; a trial that carries something is not timed.
#pragma once

#include <boost/describe/enum.hpp>

namespace trivium::bench {

enum class instrument {
  none,
  calls,         ///< the counting library: system calls and allocations
  instructions,  ///< the processor's own counters
};

BOOST_DESCRIBE_ENUM(instrument, none, calls, instructions)

}  // namespace trivium::bench
