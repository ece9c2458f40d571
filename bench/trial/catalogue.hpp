// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What can be run: the scenarios and the arms. Passed in, so that tests can bring their own.
#pragma once

#include <span>
#include <string_view>

#include "../scenarios/scenario.hpp"
#include "../ways/arm.hpp"

namespace trivium::bench {

struct catalogue {
  std::span<scenario const> scenarios;
  std::span<arm const> arms;
  std::span<arm_left_out const> left_out = {};

  [[nodiscard]] scenario const* find_scenario(std::string_view name) const;
  [[nodiscard]] arm const* find_arm(std::string_view name) const;
};

}  // namespace trivium::bench
