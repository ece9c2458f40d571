// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "conduct.hpp"

#include <algorithm>
#include <iterator>
#include <string>

#include "../statistics/verdict.hpp"
#include "../trial/disturbance.hpp"
#include "../trial/infrastructure_error.hpp"
#include "../trial/stay.hpp"

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
          .connections = here.connections,
          .work = here.work,
          .rate = here.rate,
          .send_buffer = here.send_buffer,
          .congestion = of.congestion,
          .address = address_of_trial(number),
          .instrument = here.instrument,
          .where = places_for(here.placement, processors_allowed(), siblings_of),
          .warm_up = here.warm_up,
          .window = here.window,
          .longest = here.warm_up + here.window + std::chrono::duration_cast<duration>(expected) + patience};
}

// A trial that is spoiled by a stated cause is held again at most twice. One in which an end was not let run
// at all has no figures, so it is held again at once, and its round cannot go on without it.
constexpr std::uint64_t most_attempts = 3;

class run {
 public:
  run(plan const& what, catalogue const& known, machinery const& with, onlooker& watching)
      : what_(what), known_(known), with_(with), watching_(watching) {}

  void hold_round(std::uint64_t round) {
    std::vector<trial_record> held;
    for (auto const& each : what_.round(round)) hold(each, held);
    repeat_spoiled(held);
    done.repeated += static_cast<std::uint64_t>(
        std::count_if(held.begin(), held.end(), [](trial_record const& each) { return each.attempt != 0; }));
    std::move(held.begin(), held.end(), std::back_inserter(done.trials));
    ++done.rounds_done;
  }

  conducted done;

 private:
  static bool has_figures(trial_record const& held) {
    return !kept_from_running(held.near) && !kept_from_running(held.far);
  }

  void hold(scheduled const& which, std::vector<trial_record>& into) {
    for (std::uint64_t attempt = 0; attempt < most_attempts; ++attempt) {
      into.push_back(hold_once(which, attempt));
      if (has_figures(into.back())) {
        ++number_;
        return;
      }
      into.back().superseded = true;
    }
    throw infrastructure_error(what_.cells[which.cell].scenario + " (" + which.arm +
                               "): no step ended inside the window, " + std::to_string(most_attempts) +
                               " times over; this machine is too busy to measure on");
  }

  trial_record hold_once(scheduled const& which, std::uint64_t attempt) {
    watching_.trial_begins(what_, which, number_);
    auto const began = clock::now();
    auto const how = order_for(what_, which, number_, known_);
    auto [near, far] = hold_trial(how, with_);
    trial_record held{
        .cell = which.cell,
        .arm = which.arm,
        .round = which.round,
        .position = which.position,
        .attempt = attempt,
        .spoiled = disturbance_of(near, far, what_.cells[which.cell].placement, how.where),
        .superseded = false,
        .together = share_together(near.stays, far.stays, std::max(near.opened_at, far.opened_at),
                                   std::min(near.closed_at, far.closed_at)),
        .near = std::move(near),
        .far = std::move(far)};
    held.near.stays.clear();
    held.far.stays.clear();
    if (attempt > 0) spent_on_repeats_ += std::chrono::duration<double>(clock::now() - began).count();
    return held;
  }

  void repeat_spoiled(std::vector<trial_record>& held) {
    for (std::uint64_t attempt = 1; attempt < most_attempts; ++attempt) {
      std::uint64_t timed = 0;
      std::vector<std::size_t> spoiled;
      for (std::size_t i = 0; i < held.size(); ++i) {
        if (what_.cells[held[i].cell].instrument != instrument::none || held[i].superseded) continue;
        ++timed;
        if (!held[i].spoiled.empty() && held[i].attempt + 1 < most_attempts) spoiled.push_back(i);
      }
      for (auto const i : spoiled) {
        auto const left = what_.reserve() - spent_on_repeats_;
        if (!worth_repeating(spoiled.size(), timed, left, what_.cells[held[i].cell].seconds_a_trial)) return;
        scheduled const which{
            .cell = held[i].cell, .arm = held[i].arm, .round = held[i].round, .position = held[i].position};
        held.push_back(hold_once(which, std::max(attempt, held[i].attempt + 1)));
        // One of them counts: the later, unless it has no figures at all.
        (has_figures(held.back()) ? held[i] : held.back()).superseded = true;
      }
    }
  }

  plan const& what_;
  catalogue const& known_;
  machinery const& with_;
  onlooker& watching_;
  std::uint64_t number_ = 0;
  double spent_on_repeats_ = 0;
};

}  // namespace

// Not before there is a word to be said, and then every other round: looking at each would look at noise.
bool is_a_look(std::uint64_t rounds_done) {
  return rounds_done >= fewest_rounds_for_a_word && rounds_done % 2 == fewest_rounds_for_a_word % 2;
}

// What spoils more than half of a round lasts, and would spoil the second attempt as well. And a plan keeps
// its time: what cannot be held again any more stays as it is, marked.
bool worth_repeating(std::uint64_t spoiled, std::uint64_t timed, double seconds_left,
                     double seconds_a_trial) {
  return spoiled * 2 <= timed && seconds_left >= seconds_a_trial;
}

conducted conduct(plan const& what, catalogue const& known, machinery const& with, onlooker& watching,
                  stopping_rule const& enough) {
  run under_way(what, known, with, watching);
  auto& done = under_way.done;
  auto const began = clock::now();
  try {
    for (std::uint64_t round = 0; round < what.rounds(); ++round) {
      under_way.hold_round(round);
      watching.round_ended(what, done);
      if (enough && is_a_look(done.rounds_done) && done.rounds_done < what.rounds() && enough(done)) {
        done.precise_enough = true;
        break;
      }
    }
  } catch (interrupted const&) {
    done.interrupted = true;
  }
  done.seconds = std::chrono::duration<double>(clock::now() - began).count();
  return std::move(done);
}

}  // namespace trivium::bench
