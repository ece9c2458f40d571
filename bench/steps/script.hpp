// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// One side of a scenario: a sequence of steps, each decided when the one before has ended. It knows no
// socket, so the same text drives a thread that sleeps, a loop that polls and a chain of handlers.
//
//   Requires:  `next` neither blocks nor allocates; it runs inside what is measured.
#pragma once

#include "event.hpp"
#include "findings.hpp"

namespace trivium::bench {

class script {
 public:
  script() = default;
  script(script const&) = delete;
  script& operator=(script const&) = delete;
  virtual ~script() = default;

  /// The step after `last`. Called first with an event of kind `start`.
  virtual step next(event const& last) = 0;

  /// What the script itself saw, by name; called once, after the last step.
  virtual void report(findings&) const {}
};

}  // namespace trivium::bench
