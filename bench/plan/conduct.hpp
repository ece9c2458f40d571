// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Holds the trials of a plan, in its order.
#pragma once

#include <vector>

#include "../trial/catalogue.hpp"
#include "../trial/coordinator.hpp"
#include "plan.hpp"

namespace trivium::bench {

/// Told what happens, between trials only.
class onlooker {
 public:
  onlooker() = default;
  onlooker(onlooker const&) = delete;
  onlooker& operator=(onlooker const&) = delete;
  virtual ~onlooker() = default;

  virtual void trial_begins(plan const& of, scheduled const& which, std::uint64_t trials_before) = 0;
};

struct conducted {
  std::vector<trial_record> trials;  ///< of whole rounds only
  std::uint64_t rounds_done = 0;
  std::uint64_t repeated = 0;  ///< trials in which an end was kept from running through the whole window
  bool interrupted = false;
  double seconds = 0;
};

/// Throws `infrastructure_error` if a trial cannot be held.
conducted conduct(plan const& what, catalogue const& known, machinery const& with, onlooker& watching);

}  // namespace trivium::bench
