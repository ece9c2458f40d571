// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// A large request answered by one byte. The queue is empty at every send and loopback's first buffer holds
// more than a MiB, so no send of it ever waits: the calls that an operation makes are then exact, whatever
// else the machine does.
#include "exchange.hpp"
#include "scenario.hpp"

namespace trivium::bench {

scenario answered() {
  return {
      .name = "answered",
      .sentence =
          "1 MiB, answered by one byte, so that no send finds the buffer full: calls can be counted exactly",
      .primary = "throughput",
      .columns = {"cpu_per_kib", "switches_per_mib"},
      .sends_find_room = true,
      .operation = std::size_t{1} << 20,
      .near = [](setting const& s) { return over_one(std::make_unique<asker>(s.operation, 1, *s.when)); },
      .far = [](setting const& s) { return over_one(std::make_unique<answerer>(s.operation, 1)); },
  };
}

}  // namespace trivium::bench
