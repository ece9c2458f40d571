// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What one end of a trial measured, and the trial of both. Plain figures: nothing here is an opinion. Crosses
// from the child as JSON, and goes into the result the same way.
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "../audit/counts.hpp"
#include "../steps/findings.hpp"
#include "stay.hpp"

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
  std::int64_t opened_at = 0;  ///< the true edges, in nanoseconds of the monotonic clock
  std::int64_t closed_at = 0;
  std::map<std::string, double, std::less<>> processors;  ///< the share of the window on each
  std::vector<stay> stays;  ///< the same in order of time; the coordinator looks at both ends and drops it
  std::uint64_t total_sent = 0;  ///< over the whole trial, warm-up included
  std::uint64_t total_received = 0;
  std::map<std::string, step_figures, std::less<>> steps;  ///< by kind: send, receive, receive_some
  double cpu_user_ns = 0;
  double cpu_system_ns = 0;
  std::uint64_t switches_voluntary = 0;
  std::uint64_t switches_involuntary = 0;
  double queue_wait_ns = 0;  ///< ready to run, and not running; 0 if the end has many threads
  std::uint64_t connections = 1;
  double resident_bytes = 0;       ///< what the way had touched of memory when the window opened
  std::uint64_t faults_minor = 0;  ///< page faults
  std::uint64_t faults_major = 0;
  tcp_figures tcp;
  way_figures way;
  double instructions = 0;  ///< only with the processor's counters
  double cycles = 0;
  std::uint64_t calls_seen = 0;      ///< system calls, of every kind of step, by the counting library
  std::int64_t kernel_entries = -1;  ///< the same by the kernel's tracepoint; -1 if that could not be had
  findings found;                    ///< by the scenario

  [[nodiscard]] std::uint64_t bytes(std::string_view kind) const {
    auto const at = steps.find(kind);
    return at == steps.end() ? 0 : at->second.bytes;
  }
  [[nodiscard]] std::uint64_t bytes_sent() const { return bytes("send"); }
  [[nodiscard]] std::uint64_t bytes_received() const { return bytes("receive") + bytes("receive_some"); }
  [[nodiscard]] double cpu_ns() const { return cpu_user_ns + cpu_system_ns; }
};
BOOST_DESCRIBE_STRUCT(side_record, (),
                      (congestion, congestion_refused, send_buffer, seconds, opened_at, closed_at, processors,
                       stays, total_sent, total_received, steps, cpu_user_ns, cpu_system_ns,
                       switches_voluntary, switches_involuntary, queue_wait_ns, connections, resident_bytes,
                       faults_minor, faults_major, tcp, way, instructions, cycles, calls_seen, kernel_entries,
                       found))

struct trial_record {
  std::uint64_t cell = 0;  ///< of the plan
  std::string arm;
  std::uint64_t round = 0;
  std::uint64_t position = 0;  ///< in the round
  std::uint64_t attempt = 0;   ///< a trial that was spoiled is held again, at the end of its round
  std::string spoiled;         ///< by what; empty if it was not
  bool superseded = false;     ///< another attempt counts in its place
  double together = 0;         ///< share of the window in which both ends were on one processor
  side_record near;
  side_record far;
};
BOOST_DESCRIBE_STRUCT(trial_record, (),
                      (cell, arm, round, position, attempt, spoiled, superseded, together, near, far))

}  // namespace trivium::bench
