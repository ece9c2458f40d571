// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Every arm there is.
#pragma once

#include <span>

#include "arm.hpp"

namespace trivium::bench {

std::span<arm const> all_arms();

std::span<arm_left_out const> arms_left_out();

}  // namespace trivium::bench
