// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What a trial's figures mean: each metric is a name, a unit, and how it is had from the records of the two
// ends.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "../statistics/verdict.hpp"
#include "../trial/record.hpp"

namespace trivium::bench {

struct metric {
  std::string_view name;
  std::string_view unit;
  std::string_view head;  ///< of a column: short, with its unit
  std::string_view title;
  better direction = better::lower;
  double margin = 0.10;       ///< within which two arms are equivalent
  double fine_margin = 0.10;  ///< the same in plans of more rounds
  std::optional<double> (*of)(trial_record const&) = nullptr;
};

std::span<metric const> all_metrics();

/// Null if there is none of this name.
metric const* find_metric(std::string_view name);

}  // namespace trivium::bench
