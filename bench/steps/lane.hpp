// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// A script and what it runs on. A lane without a socket shares the thread of the one that has one: it is the
// program's other work, and a way shows by when it gets to it what it costs to wait.
#pragma once

#include "script.hpp"

namespace trivium::bench {

/// Which end opened the connection: a protocol above it may give the two different parts.
enum class opened { here, there };

struct lane {
  static constexpr int no_socket = -1;

  int socket = no_socket;  ///< connected; the way takes it over and closes it
  script* what = nullptr;  ///< outlives the way's run
  bench::opened opened = bench::opened::here;
};

}  // namespace trivium::bench
