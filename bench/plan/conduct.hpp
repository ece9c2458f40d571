// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Holds the trials of a plan, in its order.
#pragma once

#include <functional>
#include <vector>

#include "../trial/catalogue.hpp"
#include "../trial/coordinator.hpp"
#include "plan.hpp"

namespace trivium::bench {

struct conducted {
  std::vector<trial_record> trials;  ///< of whole rounds only, every attempt of each
  std::uint64_t rounds_done = 0;
  std::uint64_t repeated = 0;  ///< attempts after the first
  bool interrupted = false;
  bool precise_enough = false;  ///< it ended before its rounds were over, since the precision was reached
  double seconds = 0;
};

/// Told what happens, between trials only.
class onlooker {
 public:
  onlooker() = default;
  onlooker(onlooker const&) = delete;
  onlooker& operator=(onlooker const&) = delete;
  virtual ~onlooker() = default;

  virtual void trial_begins(plan const& of, scheduled const& which, std::uint64_t trials_before) = 0;
  virtual void round_ended(plan const&, conducted const&) {}
};

/// Asked after a round whether the precision that was wanted has been reached. It may look at widths and at
/// nothing else: a run that ended when a difference became significant would find one where there is none.
using stopping_rule = std::function<bool(conducted const&)>;

/// When a run that may end early looks, in rounds done: rarely, so that looking costs next to no coverage.
bool is_a_look(std::uint64_t rounds_done);

/// What becomes of a trial that was spoiled, seen from the round it belongs to. Pure, and so tested without a
/// process: how many of `timed` trials of a round were `spoiled`, and whether there is time left.
bool worth_repeating(std::uint64_t spoiled, std::uint64_t timed, double seconds_left, double seconds_a_trial);

/// Throws `infrastructure_error` if a trial cannot be held.
conducted conduct(plan const& what, catalogue const& known, machinery const& with, onlooker& watching,
                  stopping_rule const& enough = {});

}  // namespace trivium::bench
