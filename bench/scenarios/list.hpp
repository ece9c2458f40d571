// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Every scenario there is.
#pragma once

#include <span>

#include "scenario.hpp"

namespace trivium::bench {

std::span<scenario const> all_scenarios();

}  // namespace trivium::bench
