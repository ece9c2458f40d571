// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Where the centre of some paired differences lies: the median of all averages of two of them (Hodges and
// Lehmann), the exact interval that belongs to it, and the p-value of the test that this interval inverts. It
// asks of the noise only that it be symmetric, which the difference of two like trials is, and nothing of its
// shape.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace trivium::bench {

struct interval {
  double low = 0;
  double high = 0;
};

struct centre {
  std::size_t rounds = 0;
  double estimate = 0;
  std::optional<interval>
      within;    ///< none from fewer than six differences: at 95 % there is no such interval
  double p = 1;  ///< two-sided, that the centre is zero
};

/// At 95 % unless `level` says otherwise.
///
///   Requires:  at least one difference.
centre centre_of(std::span<double const> differences, double level = 0.95);

/// The same on ratios: `logs` are logarithms of ratios, and so the answer is a ratio.
centre ratio_of(std::span<double const> logs, double level = 0.95);

double median_of(std::span<double const> values);

}  // namespace trivium::bench
