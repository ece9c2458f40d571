// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What a scenario asks for next. It says what is to be done and never how: how is what is being measured.
#pragma once

#include <cstddef>
#include <span>

#include "clock.hpp"

namespace trivium::bench {

struct step {
  enum class kind {
    start,         ///< never asked for; what a script is told finished before its first step
    send,          ///< all of `bytes`
    receive,       ///< all of `bytes`
    receive_some,  ///< at least one byte, at most `bytes`
    wait_until,    ///< nothing before `at`
    work,  ///< keep the thread busy for `lasting`: a program's own work, which no way of input and output can
           ///< hurry
    done,  ///< close the connection; no step follows
  };

  kind what = kind::done;
  std::span<std::byte> bytes = {};
  time_point at = {};
  duration lasting = {};
  bool timed = true;  ///< whether the script has to know when it ended: if not, the clock need not be read
};

inline constexpr std::size_t step_kinds = static_cast<std::size_t>(step::kind::done) + 1;

}  // namespace trivium::bench
