// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Where the median of some paired differences lies, by the sign test alone. It asks nothing of the noise, not
// even symmetry, and pays for that with a wider interval: for arms that ran in different modes, which the
// Hodges-Lehmann estimate must not average.
#pragma once

#include <span>

#include "hodges_lehmann.hpp"

namespace trivium::bench {

/// `logs` are logarithms of ratios, and the answer is a ratio; the interval is of order statistics.
///
///   Requires:  at least one logarithm.
centre median_ratio_of(std::span<double const> logs, double level = 0.95);

}  // namespace trivium::bench
