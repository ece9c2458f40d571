// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What the coordinator tells one end of a trial. It crosses to the child as a line of JSON.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <string>

#include "instrument.hpp"

namespace trivium::bench {

enum class end { near, far };
BOOST_DESCRIBE_ENUM(end, near, far)

/// What an end needs besides: control, epoll, timers, what the C library opens.
inline constexpr std::uint64_t descriptors_beside_connections = 64;

struct order {
  bench::end end = bench::end::near;
  std::string scenario;
  std::string arm;
  std::uint64_t operation = 0;
  std::uint64_t connections = 1;
  std::int64_t work_ns = 0;
  std::uint64_t rate = 0;
  std::uint64_t send_buffer = 0;  ///< SO_SNDBUF; 0 leaves the system's own sizing
  std::string congestion;         ///< asked for, not insisted on
  std::string address;            ///< where the far end listens
  bench::instrument instrument = instrument::none;
  std::int64_t coordinator = 0;  ///< its process: the child that finds itself with another parent ends
};
BOOST_DESCRIBE_STRUCT(order, (),
                      (end, scenario, arm, operation, connections, work_ns, rate, send_buffer, congestion,
                       address, instrument, coordinator))

/// When it counts, in nanoseconds of the monotonic clock: the last thing both ends are told before they
/// start.
struct go {
  std::int64_t start = 0;
  std::int64_t begin = 0;  ///< of the window
  std::int64_t end = 0;    ///< of the window; 0 if the whole is measured
};
BOOST_DESCRIBE_STRUCT(go, (), (start, begin, end))

}  // namespace trivium::bench
