// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The life of a child process: it is told what to do, does it, says what it measured, and ends.
#pragma once

#include "catalogue.hpp"

namespace trivium::bench {

/// Returns the exit status. What goes wrong is said on the control channel.
int live_as_child(catalogue const& known);

}  // namespace trivium::bench
