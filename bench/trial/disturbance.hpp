// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What spoils a trial, stated before anything is measured: causes, never outcomes. A trial that came out
// strangely and shows none of them stands as it is.
#pragma once

#include <optional>
#include <string>

#include "placement.hpp"
#include "record.hpp"

namespace trivium::bench {

/// An end on a core of its own that was ready and did not run for more than this share of its window, in per
/// cent. Quiet trials are at 1 to 4. Where both ends share a core they wait for each other, and nothing
/// follows from it.
inline constexpr double disturbing_queue_wait = 5;

/// How much of its window an end was ready to run and something else ran, in per cent; none without a window.
std::optional<double> queue_wait_of(side_record const& side);

/// The cause, in words that are the same for the same cause; empty if the trial stands.
std::string disturbance_of(side_record const& near, side_record const& far, placement where,
                           places const& own);

/// That an end did not get to run at all while the window was open: such a trial has no figures.
bool kept_from_running(side_record const& side);

}  // namespace trivium::bench
