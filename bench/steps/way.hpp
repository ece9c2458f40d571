// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What executes steps. One virtual call a step on either side, the same for every arm: about 2 ns beside the
// microsecond that the cheapest step takes.
#pragma once

#include <span>

#include "lane.hpp"
#include "tally.hpp"

namespace trivium::bench {

class way {
 public:
  way() = default;
  way(way const&) = delete;
  way& operator=(way const&) = delete;
  virtual ~way() = default;

  /// Runs the lanes until each with a socket is done; the others end with the last of them. One lane with a
  /// socket is run on the calling thread. A way of several threads may call `next` of different lanes
  /// concurrently, and that of one lane from one thread after another. Every other way runs all lanes on the
  /// calling thread.
  ///
  ///   Requires:  at least one lane with a socket; of an arm for one connection, exactly one.
  virtual void run(std::span<lane const> lanes, tally& kept) = 0;
};

}  // namespace trivium::bench
