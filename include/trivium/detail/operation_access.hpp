// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What the ways may do with an operation, and the programs that drive one need not.
#pragma once

#include <trivium/config.hpp>

#include <trivium/operation.hpp>

namespace trivium::detail {

struct operation_access {
  /// How far it is, without an attempt: progress::yielded, if it is to be advanced next.
  static progress how_far(operation const& op) noexcept {
    if (op.ended_) return progress::done;
    return op.interest_.until != readiness::none ? progress::pending : progress::yielded;
  }

  /// Begins with a wait for `first` instead of an attempt that is known to be in vain. False: advance it.
  template <class Operation>
  static bool expect(Operation& op, interest first) noexcept {
    return op.expect(first);
  }

  /// For a way that would sleep in the kernel anyway: an attempt may do so itself, in one system call instead
  /// of three. Requires: !limited(). (The kernel does not tell how long it slept, nor whether it did.)
  static void let_kernel_wait(operation& op) noexcept { op.kernel_waits_ = true; }
};

}  // namespace trivium::detail
