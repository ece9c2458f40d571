// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "conduct.hpp"

#include <algorithm>

#include "../trial/infrastructure_error.hpp"

namespace trivium::bench {

namespace {

using namespace std::chrono_literals;

// Beyond what a trial should take. A machine under load may need a multiple; one that needs this much is
// stuck.
constexpr auto patience = 15s;

// The kernel keeps what it learnt of a path by its address, so one trial would teach the next. All of 127/8
// is loopback.
std::string address_of_trial(std::uint64_t number) {
  return "127.0.0." + std::to_string(1 + number % 250);
}

trial_order order_for(plan const& of, scheduled const& which, std::uint64_t number, catalogue const& known) {
  auto const& here = of.cells[which.cell];
  auto const expected = std::chrono::duration<double>(known.find_scenario(here.scenario)->expected_seconds);
  return {.scenario = here.scenario,
          .near_arm = which.arm,
          .far_arm = here.far_arm.empty() ? which.arm : here.far_arm,
          .operation = here.operation,
          .send_buffer = here.send_buffer,
          .congestion = of.congestion,
          .address = address_of_trial(number),
          .instrument = here.instrument,
          .where = places_for(of.where, processors_allowed(), siblings_of),
          .warm_up = here.warm_up,
          .window = here.window,
          .longest = here.warm_up + here.window + std::chrono::duration_cast<duration>(expected) + patience};
}

// On a machine under load an end may not get to run at all while the window is open. That is no measurement,
// whatever the arm; so the cause is stated beforehand, and the trial is held again.
constexpr auto most_attempts = 3;

bool kept_from_running(side_record const& side) {
  return side.seconds <= 0;
}

std::pair<side_record, side_record> hold_until_it_counts(trial_order const& what, machinery const& with,
                                                         std::uint64_t& repeated) {
  for (int attempt = 1;; ++attempt) {
    auto ends = hold_trial(what, with);
    if (!kept_from_running(ends.first) && !kept_from_running(ends.second)) return ends;
    if (attempt == most_attempts) {
      throw infrastructure_error(what.scenario + " (" + what.near_arm +
                                 "): no step ended inside the window, " + std::to_string(most_attempts) +
                                 " times over; this machine is too busy to measure on");
    }
    ++repeated;
  }
}

}  // namespace

conducted conduct(plan const& what, catalogue const& known, machinery const& with, onlooker& watching) {
  conducted done;
  auto const began = clock::now();
  std::uint64_t number = 0;
  try {
    for (std::uint64_t round = 0; round < what.rounds(); ++round) {
      std::vector<trial_record> of_round;
      for (auto const& each : what.round(round)) {
        watching.trial_begins(what, each, number);
        auto [near, far] = hold_until_it_counts(order_for(what, each, number, known), with, done.repeated);
        ++number;
        of_round.push_back({.cell = each.cell,
                            .arm = each.arm,
                            .round = each.round,
                            .position = each.position,
                            .near = std::move(near),
                            .far = std::move(far)});
      }
      std::move(of_round.begin(), of_round.end(), std::back_inserter(done.trials));
      ++done.rounds_done;
    }
  } catch (interrupted const&) {
    done.interrupted = true;
  }
  done.seconds = std::chrono::duration<double>(clock::now() - began).count();
  return done;
}

}  // namespace trivium::bench
