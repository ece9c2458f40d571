// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// All that a run prints, in the order in which it does: of a result that comes to be, and of one that was
// stored.
#pragma once

#include <string>
#include <string_view>

#include "../record/result.hpp"

namespace trivium::bench {

/// The machine, and what about it spoils or bends an answer.
std::string machine_text(result const& all);

/// What will be measured, and what of the plan cannot be.
std::string planned_text(result const& all);

/// Why it ended before its rounds were over, or did not.
std::string ended_text(result const& all);

/// What was found.
std::string result_text(result const& all);

/// How long it took, where the data are, and how to measure the same again.
std::string closing_text(result const& all, std::string_view path);

/// All of it, of a stored result in the file `path`.
std::string whole_text(result const& all, std::string_view path);

}  // namespace trivium::bench
