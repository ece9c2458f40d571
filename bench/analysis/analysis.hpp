// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// From trials to what is said about them. Depends on the plan and the records alone, so that a stored result
// can be analysed again and says the same.
#pragma once

#include <boost/describe/enum.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "../plan/plan.hpp"
#include "../statistics/bar.hpp"
#include "../statistics/order_effect.hpp"
#include "../statistics/verdict.hpp"
#include "../trial/record.hpp"
#include "metrics.hpp"

namespace trivium::bench {

/// A ratio, and what rounds that scatter like its own could have seen.
struct measured_ratio {
  centre within_rounds;
  std::optional<double> visible;  ///< the smallest difference: 0.03 is 3 %
  bool by_median = false;         ///< the arms ran in different modes: the interval is of order statistics
};

/// One metric of one arm.
struct measured_value {
  double median = 0;                    ///< over its trials
  std::optional<measured_ratio> ratio;  ///< to the baseline, over rounds; none for the baseline itself
};

/// What one end of an audit trial counted, put in relation to what was moved.
struct counted_end {
  double calls_per_mib = 0;
  double calls_per_step = 0;
  double allocations_per_step = 0;
  double page_faults_per_step = 0;
  std::map<std::string, double> per_mib;   ///< by the name of the call
  std::map<std::string, double> per_step;  ///< the same
  std::uint64_t calls = 0;                 ///< that the counting library saw
  std::int64_t kernel_entries = -1;        ///< that the kernel's tracepoint saw; -1: not measured
};

struct counted_calls {
  counted_end near;
  counted_end far;
  /// The audit's throughput lies outside of what the timed trials of this arm did: counts that depend on
  /// timing, such as waits, may differ from theirs.
  bool unlike_timed = false;
};

/// Trials of a placement that the scheduler chose, by whether both ends were on one processor most of the
/// time.
struct mode {
  std::string called;
  std::size_t trials = 0;
  double median = 0;  ///< of the primary metric
};

struct arm_row {
  std::string arm;
  std::map<std::string, measured_value, std::less<>> values;  ///< by metric
  std::optional<counted_calls> counted;
  std::optional<double> instructions_per_byte;
  std::optional<double> cycles_per_byte;
  std::string limited_by;   ///< what held the transfer up, as the sender's kernel says
  double together = 0;      ///< share of time in which both ends were on one processor, over its trials
  std::vector<mode> modes;  ///< only where the scheduler chose, and chose both
};

struct contrast {
  std::string arm;
  std::string against;
  measured_ratio ratio;
  std::optional<verdict> said;
};

struct cell_analysis {
  std::size_t cell = 0;
  metric const* primary = nullptr;
  std::vector<arm_row> rows;
  double margin = 0;
  double level = 0.95;  ///< of the intervals of the comparisons
  std::vector<contrast> contrasts;
  std::optional<measured_ratio> control;  ///< the baseline against itself, at 99.8 %
  std::optional<order_effect> order;
  std::map<std::string, double> cost_of_instrument;  ///< what the primary metric becomes under it: a ratio
};

struct bar_row {
  bar what;
  std::optional<centre> ratio;
  bar_word said = bar_word::not_shown;
  std::string not_measured;  ///< why; empty if it was
};

/// By the share of timed trials that were spoiled.
enum class health {
  good,
  disturbed,  ///< more than a fifth: intervals of comparisons are at 99 %, words need p < 0.01
  spoiled,    ///< more than half: no word is said
};
BOOST_DESCRIBE_ENUM(health, good, disturbed, spoiled)

struct analysis {
  std::vector<cell_analysis> cells;  ///< the timed ones
  std::vector<bar_row> bars;
  std::uint64_t timed = 0;                      ///< trials, the first attempt of each
  std::uint64_t spoiled = 0;                    ///< of these
  std::uint64_t repeated = 0;                   ///< attempts after the first
  std::map<std::string, std::uint64_t> causes;  ///< of what was spoiled

  [[nodiscard]] bench::health health() const;

  /// Whether identical arms came out alike wherever that was tested, and the machine let most trials run.
  [[nodiscard]] bool trustworthy() const;
};

/// `instructions_refused` says why that instrument could not be used; empty if it could.
analysis analyse(plan const& of, std::vector<trial_record> const& trials,
                 std::string const& instructions_refused);

/// What one end of an audit trial counted.
counted_end counted_at(side_record const& end);

/// The widest half width of any comparison to the baseline on a primary metric, of the arms of named cells;
/// none before there are intervals.
std::optional<double> widest_half_width(analysis const& found, plan const& of);

/// Half of an interval's width, as a share: 0.03 is 3 %.
double half_width(interval const& within);

}  // namespace trivium::bench
