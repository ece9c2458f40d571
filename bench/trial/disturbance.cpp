// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "disturbance.hpp"

#include <algorithm>

namespace trivium::bench {

namespace {

std::string of_one_end(side_record const& side, placement where, std::vector<int> const& own,
                       std::string const& name) {
  if (kept_from_running(side)) return "the " + name + " end was kept from running through the whole window";
  if (where != placement::split || own.empty()) return {};
  for (auto const& each : side.processors) {
    auto const& processor = each.first;
    if (std::none_of(own.begin(), own.end(), [&](int one) { return std::to_string(one) == processor; })) {
      return "the " + name + " end ran on processor " + processor + ", which is not its own";
    }
  }
  if (auto const waited = queue_wait_of(side); waited && *waited > disturbing_queue_wait) {
    return "something else ran on processor " + std::to_string(own.front());
  }
  return {};
}

}  // namespace

bool kept_from_running(side_record const& side) {
  return side.seconds <= 0;
}

std::optional<double> queue_wait_of(side_record const& side) {
  if (kept_from_running(side)) return std::nullopt;
  return side.queue_wait_ns * 1e-7 / side.seconds;
}

std::string disturbance_of(side_record const& near, side_record const& far, placement where,
                           places const& own) {
  auto cause = of_one_end(near, where, own.near, "near");
  return cause.empty() ? of_one_end(far, where, own.far, "far") : cause;
}

}  // namespace trivium::bench
