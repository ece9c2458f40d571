// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The plans that have a name.
#pragma once

#include <span>
#include <string_view>

#include "../trial/catalogue.hpp"
#include "plan.hpp"

namespace trivium::bench {

/// What a user may change of a plan.
struct plan_options {
  std::string scenario;           ///< empty: those of the plan
  std::vector<std::string> arms;  ///< empty: those of the plan
  std::uint64_t rounds = 0;       ///< 0: as many as the plan has
  placement where = placement::split;
  std::uint64_t seed = 0;
};

struct named_plan {
  std::string_view name;
  std::string_view sentence;
  plan (*make)(catalogue const&, plan_options const&) = nullptr;
};

std::span<named_plan const> all_plans();

}  // namespace trivium::bench
