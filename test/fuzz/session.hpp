// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// One session: two ends, what they do, and whether they agree when it is over.
#pragma once

#include "far_end.hpp"
#include "plan.hpp"
#include "record.hpp"

namespace trivium::fuzz {

/// Runs it to its end; what does not hold is in `to`.
void run_session(plan const& how, record& to);

// The same over one kind of connection: each is a source file, since each takes long to compile.
void run_over_stream(plan const& how, record& to);
void run_over_asio(plan const& how, record& to);
void run_over_tls(plan const& how, record& to);

/// Makes what all sessions share, so that none of them opens what it does not close.
void prepare_tls();

}  // namespace trivium::fuzz
