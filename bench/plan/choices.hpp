// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What the plans quick and standard have in common: the arms that answer "which way?".
#pragma once

#include <string>
#include <vector>

#include "../scenarios/scenario.hpp"

namespace trivium::bench {

inline std::vector<std::string> arms_to_compare(scenario const& what) {
  // Of Asio's two, the one that runs on a loop: the other holds the thread as every blocking call does.
  if (what.name == "held") return {"posix", "blocking", "nonblocking", "async", "asio.async_write"};
  return {"posix", "blocking", "nonblocking", "async", "asio.write", "asio.async_write"};
}

}  // namespace trivium::bench
