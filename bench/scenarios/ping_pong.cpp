// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// A small message there and back: how long a round trip takes, and what it costs.
#include "exchange.hpp"
#include "scenario.hpp"

namespace trivium::bench {

scenario ping_pong() {
  return {
      .name = "ping_pong",
      .sentence = "a message of 64 bytes there and back: how long a round trip takes, and its price",
      .primary = "p50",
      .columns = {"p99", "p99.9", "cpu_per_trip", "switches_per_trip"},
      .per = per::trip,
      // Any size below a segment behaves alike; 64 is what sockperf and netperf users know.
      .operation = 64,
      .near =
          [](setting const& s) {
            return over_one(std::make_unique<asker>(s.operation, s.operation, *s.when));
          },
      .far = [](setting const& s) { return over_one(std::make_unique<answerer>(s.operation, s.operation)); },
  };
}

}  // namespace trivium::bench
