// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// How often this process and the threads it starts later enter the kernel, as the kernel's own tracepoint
// counts it. The counting library is held against it: it cannot see what the C library does inside.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "../steps/descriptor.hpp"

namespace trivium::bench {

class kernel_entries {
 public:
  /// Opens and starts it; `refusal` says why not.
  kernel_entries();

  [[nodiscard]] std::string const& refusal() const { return refusal_; }

  /// So far, the call that asks included; none if it was refused.
  [[nodiscard]] std::optional<std::uint64_t> count() const;

 private:
  std::string refusal_;
  descriptor counter_;
};

/// Why the tracepoint cannot be counted here, and what would allow it; empty if it can.
std::string kernel_entries_refusal();

}  // namespace trivium::bench
