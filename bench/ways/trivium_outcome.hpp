// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The library's answers in the words of the instrument, and its counts in the way's tally.
#pragma once

#include <trivium/error.hpp>
#include <trivium/transfer_result.hpp>

#include "../steps/tally.hpp"
#include "outcome.hpp"

namespace trivium::bench {

inline outcome trivium_outcome(transfer_result const& came, tally& kept) {
  kept.kept = true;
  kept.calls += came.calls;
  kept.would_blocks += came.would_blocks;
  kept.waits += came.waits;
  // No arm says goodbye before it closes, as TLS would have it.
  if (came.error == errc::end_of_file || came.error == errc::truncated) return {came.bytes, true, {}};
  return {came.bytes, false, came.error};
}

}  // namespace trivium::bench
