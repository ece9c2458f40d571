// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// A way in which every step ends at once: what remains is the instrument. No arm, since nothing arrives.
#pragma once

#include <memory>

#include "../steps/way.hpp"

namespace trivium::bench {

std::unique_ptr<way> null_way();

}  // namespace trivium::bench
