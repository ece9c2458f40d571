// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Holm's adjustment: p-values of a family of comparisons, made so that the chance of one false alarm among
// all of them is what each alone would have had.
#pragma once

#include <span>
#include <vector>

namespace trivium::bench {

/// In the order given.
std::vector<double> holm(std::span<double const> p);

}  // namespace trivium::bench
