// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Where an end ran, and from when on. Whether both ends of a connection shared a processor decides more about
// a transfer than the way does, so every trial says it.
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace trivium::bench {

/// From `since` on, in nanoseconds of the monotonic clock, the steps of an end ended on this processor.
struct stay {
  std::int64_t since = 0;
  int processor = -1;
};
BOOST_DESCRIBE_STRUCT(stay, (), (since, processor))

/// The part of [begin, end) in which both were on the same processor, as a share of it. An end is looked at
/// after a step, every 0.1 ms or so, and it is as exact as that or as the steps are short.
double share_together(std::vector<stay> const& one, std::vector<stay> const& other, std::int64_t begin,
                      std::int64_t end);

/// The share of [begin, end) on each processor, by its number.
std::map<std::string, double, std::less<>> shares_of(std::vector<stay> const& stays, std::int64_t begin,
                                                     std::int64_t end);

}  // namespace trivium::bench
