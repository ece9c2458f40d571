// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// From trials to what is said about them. Depends on the plan and the records alone, so that a stored result
// can be analysed again and says the same.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "../plan/plan.hpp"
#include "../statistics/bar.hpp"
#include "../statistics/verdict.hpp"
#include "../trial/catalogue.hpp"
#include "../trial/metrics.hpp"
#include "../trial/record.hpp"

namespace trivium::bench {

/// One metric of one arm.
struct measured_value {
  double median = 0;            ///< over its trials
  std::optional<centre> ratio;  ///< to the baseline, over rounds; none for the baseline itself
};

/// What an audit trial counted, put in relation to what was moved. Of the near end and of the far end.
struct counted_calls {
  double near_calls_per_mib = 0;
  double far_calls_per_mib = 0;
  double near_calls_per_step = 0;
  double near_allocations_per_step = 0;
  double far_allocations_per_step = 0;
};

struct arm_row {
  std::string arm;
  std::map<std::string, measured_value, std::less<>> values;  ///< by metric
  std::optional<counted_calls> counted;
  std::string limited_by;  ///< what held the transfer up, as the sender's kernel says
};

struct contrast {
  std::string arm;
  std::string against;
  centre ratio;
  std::optional<verdict> said;
};

struct cell_analysis {
  std::size_t cell = 0;
  metric const* primary = nullptr;
  std::vector<arm_row> rows;
  std::vector<contrast> contrasts;
  std::optional<centre> control;  ///< the baseline against itself, at 99.8 %
};

struct bar_row {
  bar what;
  std::optional<centre> ratio;
  bar_word said = bar_word::not_shown;
  std::string not_measured;  ///< why; empty if it was
};

struct analysis {
  std::vector<cell_analysis> cells;  ///< the timed ones
  std::vector<bar_row> bars;
  std::uint64_t timed = 0;      ///< trials
  std::uint64_t disturbed = 0;  ///< of these, how many had an end wait for its processor

  /// Whether identical arms came out alike wherever that was tested.
  [[nodiscard]] bool trustworthy() const;
};

/// `instructions_refused` says why that instrument could not be used; empty if it could.
/// What disturbs a trial on cores of its own: an end that was ready and did not run for this share of its
/// window, in per cent. Quiet trials are at 1 to 4. Where both ends share a core they wait for each other,
/// and nothing follows from it.
inline constexpr double disturbing_queue_wait = 5;

analysis analyse(plan const& of, catalogue const& known, std::vector<trial_record> const& trials,
                 std::string const& instructions_refused);

/// What one audit trial counted.
counted_calls counted_in(trial_record const& audit);

}  // namespace trivium::bench
