// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The statistics on noise of known shape, where the truth is known too: how often the interval holds it, how
// often equal arms are called different, and how often a difference of the size that was printed as visible
// is found. The arms, the doubled baseline and the family are those of a scenario of the plan quick.
#pragma once

#include <cstdint>
#include <string_view>

namespace trivium::bench {

enum class noise_shape {
  normal,
  skewed,     ///< an exponential tail to the slow side
  slow_mode,  ///< a quarter of the trials in a mode of its own
  drift,      ///< the machine slows down by 20 % over the run
};

inline constexpr noise_shape noise_shapes[] = {noise_shape::normal, noise_shape::skewed,
                                               noise_shape::slow_mode, noise_shape::drift};
std::string_view name_of(noise_shape);

/// Shares of the runs.
struct simulated {
  double coverage = 0;           ///< of the intervals of the named comparisons, all of them
  double baseline_coverage = 0;  ///< of those of the ratios to the doubled baseline
  double false_verdicts = 0;     ///< runs of equal arms with at least one word for a difference
  double control_alarms = 0;     ///< runs of equal arms that the control at 99.8 % called untrustworthy
  double power =
      0;  ///< runs in which a difference was found that is as large as another run printed as visible
  double visible = 0;  ///< what they print, the median: in units of the noise of one trial
};

/// The same figures for the same seed, with any compiler and library.
simulated simulate(noise_shape shape, std::size_t rounds, std::size_t runs, std::uint64_t seed);

}  // namespace trivium::bench
