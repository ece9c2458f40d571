// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "list.hpp"

#include <array>

namespace trivium::bench {

// Each in the file of its name.
plan quick(catalogue const&, plan_options const&), bars(catalogue const&, plan_options const&),
    smoke(catalogue const&, plan_options const&);

std::span<named_plan const> all_plans() {
  static constexpr auto plans = std::array{
      named_plan{"quick",
                 "the default, within 100 s: bulk, ping_pong and held for the three ways, posix and Asio",
                 quick},
      named_plan{
          "bars",
          "within 4 min: every promise about memory transfers and round trips, met, missed or not shown",
          bars},
      named_plan{"smoke", "within 15 s: that calls are what they should be, exactly; asserts no time", smoke},
  };
  return plans;
}

}  // namespace trivium::bench
