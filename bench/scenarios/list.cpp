// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "list.hpp"

#include <array>

namespace trivium::bench {

// Each in the file of its name. A new scenario is that file and its name in the two lists here.
scenario bulk(), ping_pong(), held(), connections(), service_time(), streams(), stream(), answered();

std::span<scenario const> all_scenarios() {
  static auto const all =
      std::array{bulk(), ping_pong(), held(), connections(), service_time(), streams(), stream(), answered()};
  return all;
}

}  // namespace trivium::bench
