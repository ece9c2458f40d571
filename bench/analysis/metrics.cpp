// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "metrics.hpp"

#include <algorithm>
#include <array>

#include "../trial/disturbance.hpp"

namespace trivium::bench {

namespace {

using value = std::optional<double>;

value ratio(double part, double whole) {
  return whole > 0 ? value(part / whole) : std::nullopt;
}

value found(side_record const& side, std::string_view name, double scale) {
  auto const at = side.found.find(name);
  return at == side.found.end() ? std::nullopt : value(at->second * scale);
}

/// Of round trips, which one of the ends has timed.
value found_of_trips(trial_record const& t, std::string_view name) {
  auto const near = found(t.near, name, 1e-3);
  return near ? near : found(t.far, name, 1e-3);
}

value sum(value a, value b) {
  return a && b ? value(*a + *b) : std::nullopt;
}

// What was moved, as each end saw it in its own window.
double bytes(side_record const& side) {
  return static_cast<double>(side.bytes_sent() + side.bytes_received());
}

double steps(side_record const& side, std::string_view kind) {
  auto const at = side.steps.find(kind);
  return at == side.steps.end() ? 0 : static_cast<double>(at->second.steps);
}

// Counted at the application that receives: what the sender's kernel has taken is not there yet.
value throughput(trial_record const& t) {
  return ratio(static_cast<double>(t.far.bytes_received()) * 8e-9, t.far.seconds);
}

// Each end's processor time by its own window's bytes; the sum of both, since on loopback the receiver's
// protocol work is done on the sender's processor and neither figure alone means much.
value cpu_per_kib(trial_record const& t) {
  return sum(ratio(t.near.cpu_ns() * 1024, bytes(t.near)), ratio(t.far.cpu_ns() * 1024, bytes(t.far)));
}

value cpu_per_trip(trial_record const& t) {
  return sum(ratio(t.near.cpu_ns() * 1e-3, steps(t.near, "receive")),
             ratio(t.far.cpu_ns() * 1e-3, steps(t.far, "send")));
}

// That a server received and sent back. A loop receives many before it sends them.
double messages_served(trial_record const& t) {
  return (steps(t.near, "receive") + steps(t.near, "send")) / 2;
}

value cpu_per_message(trial_record const& t) {
  return ratio(t.near.cpu_ns() * 1e-3, messages_served(t));
}

value cpu_per_send(trial_record const& t) {
  return ratio(t.near.cpu_ns() * 1e-3, steps(t.near, "send"));
}

value messages(trial_record const& t) {
  return ratio(messages_served(t) * 1e-3, t.near.seconds);
}

// Of few connections the pages that the program has touched anyway are the larger part.
value memory_per_connection(trial_record const& t) {
  constexpr auto enough = 100U;
  if (t.near.connections < enough) return std::nullopt;
  return ratio(t.near.resident_bytes / 1024, static_cast<double>(t.near.connections));
}

double switches(side_record const& side) {
  return static_cast<double>(side.switches_voluntary + side.switches_involuntary);
}

value switches_per_mib(trial_record const& t) {
  constexpr double mib = 1 << 20;
  return sum(ratio(switches(t.near) * mib, bytes(t.near)), ratio(switches(t.far) * mib, bytes(t.far)));
}

value switches_per_trip(trial_record const& t) {
  return sum(ratio(switches(t.near), steps(t.near, "receive")), ratio(switches(t.far), steps(t.far, "send")));
}

value instructions_per_byte(trial_record const& t) {
  if (t.near.instructions <= 0 || t.far.instructions <= 0) return std::nullopt;
  return sum(ratio(t.near.instructions, bytes(t.near)), ratio(t.far.instructions, bytes(t.far)));
}

value cycles_per_byte(trial_record const& t) {
  if (t.near.cycles <= 0 || t.far.cycles <= 0) return std::nullopt;
  return sum(ratio(t.near.cycles, bytes(t.near)), ratio(t.far.cycles, bytes(t.far)));
}

// The larger of both ends: how much of the window a process was ready to run and something else ran.
value queue_wait(trial_record const& t) {
  auto const near = queue_wait_of(t.near);
  auto const far = queue_wait_of(t.far);
  return near && far ? value(std::max(*near, *far)) : std::nullopt;
}

// Margins: what two runs of the same plan can tell apart. Throughput and processor time of identical arms
// differ by a tenth from trial to trial, round trips by a hundredth; twice as many rounds allow half the
// margin.
constexpr std::array metrics{
    metric{"throughput", "Gbit/s", "Gbit/s", "throughput at the receiver", better::higher, 0.10, 0.05,
           throughput},
    metric{"cpu_per_kib", "ns/KiB", "CPU ns/KiB", "processor time of both ends for a KiB", better::lower,
           0.10, 0.05, cpu_per_kib},
    metric{"switches_per_mib", "", "switches/MiB", "context switches of both ends for a MiB", better::lower,
           0.10, 0.10, switches_per_mib},
    metric{"instructions_per_byte", "", "instructions/B", "instructions of both ends for a byte",
           better::lower, 0.02, 0.02, instructions_per_byte},
    metric{"cycles_per_byte", "", "cycles/B", "cycles of both ends for a byte", better::lower, 0.05, 0.05,
           cycles_per_byte},
    metric{"p50", "us", "p50 us", "median round trip", better::lower, 0.03, 0.03,
           [](trial_record const& t) { return found_of_trips(t, "trip_p50_ns"); }},
    metric{"p99", "us", "p99 us", "99th percentile of the round trip", better::lower, 0.15, 0.15,
           [](trial_record const& t) { return found_of_trips(t, "trip_p99_ns"); }},
    metric{"p99.9", "us", "p99.9 us", "99.9th percentile of the round trip", better::lower, 0.30, 0.30,
           [](trial_record const& t) { return found_of_trips(t, "trip_p999_ns"); }},
    metric{"cpu_per_trip", "us", "CPU us/trip", "processor time of both ends for a round trip", better::lower,
           0.10, 0.05, cpu_per_trip},
    metric{"cpu_per_message", "us", "CPU us/message", "processor time of the server for a message",
           better::lower, 0.10, 0.05, cpu_per_message},
    metric{"cpu_per_send", "us", "CPU us/send", "processor time of the sender for a send", better::lower,
           0.10, 0.05, cpu_per_send},
    metric{"messages", "1000/s", "1000/s", "messages that the server answers", better::higher, 0.10, 0.05,
           messages},
    metric{"memory", "KiB", "KiB/conn", "memory that the server touched for a connection", better::lower,
           0.10, 0.05, memory_per_connection},
    metric{"switches_per_trip", "", "switches/trip", "context switches of both ends for a round trip",
           better::lower, 0.10, 0.10, switches_per_trip},
    metric{"late_p50", "ms", "late p50 ms", "median lateness of the job", better::lower, 0.15, 0.15,
           [](trial_record const& t) { return found(t.near, "late_p50_ns", 1e-6); }},
    metric{"late_max", "ms", "late max ms", "latest start of the job", better::lower, 0.15, 0.15,
           [](trial_record const& t) { return found(t.near, "late_max_ns", 1e-6); }},
    metric{"longest_hold", "ms", "held ms", "longest time that the thread was held", better::lower, 0.15,
           0.15, [](trial_record const& t) { return value(t.near.way.longest_hold_ns * 1e-6); }},
    metric{"transfer", "ms", "transfer ms", "time of the whole transfer", better::lower, 0.10, 0.05,
           [](trial_record const& t) { return found(t.far, "transfer_ms", 1); }},
    metric{"queue_wait", "%", "queue wait %", "time spent ready but not running", better::lower, 0.15, 0.15,
           queue_wait},
};

}  // namespace

std::span<metric const> all_metrics() {
  return metrics;
}

metric const* find_metric(std::string_view name) {
  auto const at =
      std::find_if(metrics.begin(), metrics.end(), [&](metric const& each) { return each.name == name; });
  return at == metrics.end() ? nullptr : &*at;
}

}  // namespace trivium::bench
