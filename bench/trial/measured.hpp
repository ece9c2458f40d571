// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// A script with a meter on it: it stands between a way and a scenario, and neither knows. It ends the lane
// when a step fails.
#pragma once

#include "../steps/script.hpp"
#include "measurement.hpp"

namespace trivium::bench {

class measured final : public script {
 public:
  /// `by` is that of the thread on which the lane will run.
  measured(script& inner, measurement& by) : inner_(inner), by_(by) {}

  step next(event const& last) override {
    by_.ended(last);
    step next = last.error ? step{} : inner_.next(last);  // made where it stays: see end_step
    by_.begins(next, last);
    return next;
  }

 private:
  script& inner_;
  measurement& by_;
};

}  // namespace trivium::bench
