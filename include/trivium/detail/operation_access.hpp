// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What the ways may do with an operation, and a program that drives one itself does not need.
#pragma once

#include <trivium/config.hpp>

#include <trivium/operation.hpp>

namespace trivium::detail {

struct operation_access {
  /// The progress of the operation, without an attempt; progress::yielded if it is to be advanced next.
  static progress how_far(operation const& op) noexcept {
    if (op.ended_) return progress::done;
    return op.interest_.until != readiness::none ? progress::pending : progress::yielded;
  }

  /// Begins with a wait for `first` instead of an attempt that is expected to block. If it returns false, the
  /// operation has to be advanced instead.
  template <class Operation>
  static bool expect(Operation& op, interest first) noexcept {
    return op.expect(first);
  }

  /// Lets an attempt sleep in the kernel itself, where the way would sleep anyway: one system call instead of
  /// three. The kernel reports neither whether it slept nor for how long, so `waited` does not count it.
  ///
  /// Requires: !op.limited().
  static void let_kernel_wait(operation& op) noexcept { op.kernel_waits_ = true; }
};

}  // namespace trivium::detail
