// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Whether a promise about a ratio has been kept. An interval that lies on both sides of it shows neither:
// that is an honest result, and its own word.
#pragma once

#include <boost/describe/enum.hpp>
#include <optional>
#include <string_view>

#include "hodges_lehmann.hpp"

namespace trivium::bench {

enum class promise { at_least, at_most };
BOOST_DESCRIBE_ENUM(promise, at_least, at_most)

enum class bar_word { met, missed, not_shown };

/// met: the far end of the interval keeps the promise; missed: the near end breaks it.
bar_word hold_against(std::optional<interval> const& ratio, promise kind, double limit);

std::string_view name_of(bar_word said);

}  // namespace trivium::bench
