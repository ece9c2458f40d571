// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What one end of a trial measured, and the trial of both. Plain figures: nothing here is an opinion. Crosses
// from the child as JSON, and goes into the result the same way.
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <map>
#include <string>

#include "../audit/counts.hpp"
#include "../steps/findings.hpp"

namespace trivium::bench {

/// From `TCP_INFO`, over the window.
struct tcp_figures {
  double busy_us = 0;            ///< time with data outstanding
  double rwnd_limited_us = 0;    ///< of that: the receiver's window was the limit
  double sndbuf_limited_us = 0;  ///< of that: our own buffer was
  std::uint64_t retransmits = 0;
};
BOOST_DESCRIBE_STRUCT(tcp_figures, (), (busy_us, rwnd_limited_us, sndbuf_limited_us, retransmits))

/// What the way said of itself, over the window.
struct way_figures {
  bool kept = false;
  std::uint64_t calls = 0;
  std::uint64_t would_blocks = 0;
  std::uint64_t waits = 0;
  double longest_hold_ns = 0;
};
BOOST_DESCRIBE_STRUCT(way_figures, (), (kept, calls, would_blocks, waits, longest_hold_ns))

/// Steps of one kind, in the window.
struct step_figures {
  std::uint64_t steps = 0;
  std::uint64_t bytes = 0;
  named_counts calls;  ///< only under the counting library
};
BOOST_DESCRIBE_STRUCT(step_figures, (), (steps, bytes, calls))

struct side_record {
  std::string congestion;          ///< in use
  std::string congestion_refused;  ///< why another one could not be set; empty if nothing was refused
  double send_buffer = 0;          ///< SO_SNDBUF at the end
  double seconds = 0;  ///< between the true edges of this end's window; 0: it was kept from running meanwhile
  std::uint64_t total_sent = 0;  ///< over the whole trial, warm-up included
  std::uint64_t total_received = 0;
  std::map<std::string, step_figures, std::less<>> steps;  ///< by kind: send, receive, receive_some
  double cpu_user_ns = 0;
  double cpu_system_ns = 0;
  std::uint64_t switches_voluntary = 0;
  std::uint64_t switches_involuntary = 0;
  double queue_wait_ns = 0;  ///< ready to run, and not running
  tcp_figures tcp;
  way_figures way;
  double instructions = 0;  ///< only with the processor's counters
  double cycles = 0;
  findings found;  ///< by the scenario

  [[nodiscard]] std::uint64_t bytes(std::string_view kind) const {
    auto const at = steps.find(kind);
    return at == steps.end() ? 0 : at->second.bytes;
  }
  [[nodiscard]] std::uint64_t bytes_sent() const { return bytes("send"); }
  [[nodiscard]] std::uint64_t bytes_received() const { return bytes("receive") + bytes("receive_some"); }
  [[nodiscard]] double cpu_ns() const { return cpu_user_ns + cpu_system_ns; }
};
BOOST_DESCRIBE_STRUCT(side_record, (),
                      (congestion, congestion_refused, send_buffer, seconds, total_sent, total_received,
                       steps, cpu_user_ns, cpu_system_ns, switches_voluntary, switches_involuntary,
                       queue_wait_ns, tcp, way, instructions, cycles, found))

struct trial_record {
  std::uint64_t cell = 0;  ///< of the plan
  std::string arm;
  std::uint64_t round = 0;
  std::uint64_t position = 0;  ///< in the round
  side_record near;
  side_record far;
};
BOOST_DESCRIBE_STRUCT(trial_record, (), (cell, arm, round, position, near, far))

}  // namespace trivium::bench
