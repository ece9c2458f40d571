// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What the program says to the one that called it.
#pragma once

namespace trivium::bench {

enum class exit_code {
  ok = 0,
  failed = 1,          ///< a check of the smoke plan does not hold or was not reached, or a bar is missed
  usage = 2,           ///< an unknown option, scenario, arm or plan, or no place for the result
  untrustworthy = 3,   ///< identical arms did not come out alike, or no round was whole
  infrastructure = 4,  ///< a child died or got stuck in a trial, or the output could not be written
};

}  // namespace trivium::bench
