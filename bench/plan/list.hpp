// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The plans that have a name.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "../trial/catalogue.hpp"
#include "plan.hpp"

namespace trivium::bench {

/// What a user may change of a plan.
struct plan_options {
  std::string scenario;           ///< empty: those of the plan
  std::vector<std::string> arms;  ///< empty: those of the plan
  std::uint64_t connections = 0;  ///< 0: as many as the scenario has
  std::uint64_t rate = 0;         ///< 0: each message follows its answer
  std::optional<duration> work;   ///< none: what a slow request of the scenario takes
  std::uint64_t rounds = 0;       ///< 0: as many as the plan has
  placement where = placement::split;
  std::string congestion = "cubic";
  std::uint64_t seed = 0;
  duration window = {};  ///< of a timed trial; zero: that of the plan
  double budget = 0;     ///< seconds that the run may take, and so the rounds; 0: those of the plan
  double precision = 0;  ///< half width to be reached, and so the rounds; 0: those of the plan
};

/// The scenarios of the plan quick, where the user has chosen none.
inline constexpr std::string_view quick_scenarios[] = {"bulk", "ping_pong", "held"};

struct named_plan {
  std::string_view name;
  std::string_view sentence;
  plan (*make)(catalogue const&, plan_options const&) = nullptr;
};

std::span<named_plan const> all_plans();

/// The plan of this name with what the user chose: order, congestion control, and the rounds that fit a
/// budget or may be needed for a precision. Throws `std::invalid_argument` with words for the user if a
/// budget is too small for an answer.
plan make_plan(std::string_view name, catalogue const& known, plan_options const& wanted);

}  // namespace trivium::bench
