// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What the plans quick and standard have in common: the arms that answer "which way?".
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "plan.hpp"

namespace trivium::bench {

/// The baseline, the ways, and their counterparts. Where the thread has other work, a counterpart that holds
/// the thread would show what a way that holds it shows.
inline std::vector<std::string> arms_to_compare(catalogue const& known, scenario const& what,
                                                std::uint64_t connections) {
  std::vector<std::string> arms{std::string(what.baseline)};
  std::vector<std::string> counterparts;
  auto const too_many = [&](arm const& each) { return each.holds_thread && connections > most_threads; };
  auto const other_wire = [&](arm const& each) {
    auto const* const far = known.find_arm(what.far_arm);
    return far != nullptr && far->wire != each.wire;
  };
  for (auto const& each : known.arms) {
    if (!each.is_way || other_wire(each) || too_many(each)) continue;
    arms.emplace_back(each.name);
    auto const* const other = known.find_arm(each.counterpart);
    if (other == nullptr || (what.other_work && other->holds_thread) || too_many(*other)) continue;
    if (std::find(counterparts.begin(), counterparts.end(), other->name) == counterparts.end())
      counterparts.emplace_back(other->name);
  }
  arms.insert(arms.end(), counterparts.begin(), counterparts.end());
  return arms;
}

}  // namespace trivium::bench
