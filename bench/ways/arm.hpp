// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// A way with a name, as plans, tables and users call it.
#pragma once

#include <memory>
#include <string_view>

#include "../steps/way.hpp"

namespace trivium::bench {

struct arm {
  std::string_view name;
  std::string_view sentence;
  std::unique_ptr<way> (*make)() = nullptr;
};

}  // namespace trivium::bench
