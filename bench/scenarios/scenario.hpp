// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What is done over a connection: two sides, each some lanes' worth of scripts. A scenario knows nothing of
// how its steps are executed, by which processes, or where.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "../steps/script.hpp"
#include "../steps/window.hpp"

namespace trivium::bench {

struct setting {
  std::size_t operation = 0;     ///< bytes an operation
  window const* when = nullptr;  ///< filled in before the first step, not before the scripts are made
};

/// One end of a scenario. What it holds is allocated and touched when it is made, before anything is
/// measured.
struct side {
  std::unique_ptr<script> connection;           ///< what happens on the socket
  std::vector<std::unique_ptr<script>> others;  ///< what the same thread has to do besides
};

struct scenario {
  std::string_view name;
  std::string_view sentence;
  std::string_view primary;     ///< the metric that its verdicts are about
  std::size_t operation = 0;    ///< bytes an operation, unless the plan says otherwise
  bool whole = false;           ///< measured from the first step to the last instead of in a window
  double expected_seconds = 0;  ///< how long a whole one takes; with a window, the window says it
  side (*near)(setting const&) = nullptr;
  side (*far)(setting const&) = nullptr;
};

}  // namespace trivium::bench
