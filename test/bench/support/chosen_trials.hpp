// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Trials that never took place: the figures are chosen, so what follows from them is known.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plan/list.hpp"
#include "scenarios/list.hpp"
#include "trial/catalogue.hpp"
#include "trial/record.hpp"
#include "ways/list.hpp"

namespace trivium::bench::chosen {

inline bench::catalogue const known{bench::all_scenarios(), bench::all_arms()};
inline constexpr std::uint64_t mib = 1 << 20;

inline bench::plan bulk_plan(std::uint64_t rounds) {
  bench::plan made;
  made.name = "test";
  made.seed = 0xabc;
  auto cell = bench::cell_for(known, *known.find_scenario("bulk"), {"posix", "blocking", "asio.write"});
  cell.rounds = rounds;
  cell.seconds_a_trial = 0.5;
  made.cells.push_back(cell);
  bench::add_audits(made);
  return made;
}

/// A second in which so many MiB went through at a price of so many nanoseconds a KiB at either end.
inline bench::trial_record trial(std::string arm, std::uint64_t round, std::uint64_t position,
                                 std::uint64_t mibs, double price) {
  bench::trial_record made;
  made.arm = std::move(arm);
  made.round = round;
  made.position = position;
  for (auto* const side : {&made.near, &made.far}) {
    side->congestion = "cubic";
    side->seconds = 1;
    side->steps[side == &made.near ? "send" : "receive"] = {.steps = mibs, .bytes = mibs * mib, .calls = {}};
    side->cpu_user_ns = price * static_cast<double>(mibs) * 1024;
    side->switches_voluntary = mibs / 10;
    side->tcp.busy_us = 1e6;
  }
  made.near.tcp.rwnd_limited_us = 9e5;
  return made;
}

inline bench::trial_record audit(std::string arm, std::uint64_t sends_a_step) {
  auto made = trial(std::move(arm), 0, 9, 100, 100);
  made.cell = 1;
  made.near.steps["send"].calls = {{"send", 100 * sends_a_step}};
  made.far.steps["receive"].calls = {{"recv", 560}};
  return made;
}

/// `blocking` level with the baseline, `asio.write` at about three quarters of it; every round a little
/// different.
inline std::vector<bench::trial_record> bulk_trials(std::uint64_t rounds) {
  std::vector<bench::trial_record> all;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    auto const speed = 5000 + 7 * round;
    all.push_back(trial("posix", round, 0, speed, 130));
    all.push_back(trial("blocking", round, 1, speed + round % 3 * 10, 131));
    all.push_back(trial("asio.write", round, 2, speed * 3 / 4 + round % 2 * 30, 180));
    all.push_back(trial("posix", round, 3, round % 2 == 0 ? speed + 20 : speed - 20, 130));
  }
  all.push_back(audit("posix", 1));
  all.push_back(audit("blocking", 1));
  all.push_back(audit("asio.write", 16));
  return all;
}

inline constexpr auto cause = "something else ran on processor 1";

/// The trials of twelve rounds, of which those of `arm` in the first `rounds` were spoiled.
inline std::vector<bench::trial_record> spoiled_trials(std::string_view arm, std::uint64_t rounds) {
  auto trials = bulk_trials(12);
  for (auto& each : trials) {
    if (each.cell == 0 && each.round < rounds && (arm.empty() || each.arm == arm)) each.spoiled = cause;
  }
  return trials;
}

}  // namespace trivium::bench::chosen
