// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// One session: two ends, what they do, and whether they agree when it is over.
#pragma once

#include "plan.hpp"
#include "record.hpp"

namespace trivium::fuzz {

/// Runs it to its end; what does not hold is in `to`.
void run_session(plan const& how, record& to);

}  // namespace trivium::fuzz
