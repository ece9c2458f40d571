// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The processor's counters of this process and the threads it starts later. The kernel's part is counted too:
// for sockets it is nearly all there is, so where it cannot be had nothing is counted.
#pragma once

#include <cstdint>
#include <string>

#include "../steps/descriptor.hpp"

namespace trivium::bench {

class processor_counters {
 public:
  /// Opens and starts them; `refusal` says why not.
  processor_counters();

  [[nodiscard]] std::string const& refusal() const { return refusal_; }
  [[nodiscard]] std::uint64_t instructions() const { return read_one(instructions_); }
  [[nodiscard]] std::uint64_t cycles() const { return read_one(cycles_); }

 private:
  descriptor open_one(std::uint64_t which);
  static std::uint64_t read_one(descriptor const& from);

  std::string refusal_;
  descriptor instructions_;
  descriptor cycles_;
};

/// Why instructions cannot be counted on this machine, and what would allow it; empty if they can. Counts a
/// loop of known length, since some virtual machines open the counters and then count nothing.
std::string processor_counters_refusal();

}  // namespace trivium::bench
