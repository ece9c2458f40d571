// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// As much as goes through: operation after operation from one buffer into another.
#include "reader.hpp"
#include "scenario.hpp"
#include "writer.hpp"

namespace trivium::bench {

scenario bulk() {
  return {
      .name = "bulk",
      .sentence =
          "one side sends operation after operation, the other receives them: throughput and its price",
      .primary = "throughput",
      .columns = {"cpu_per_kib", "switches_per_mib"},
      .one_way = true,
      // Long enough that the price of a call does not decide, short against the window.
      .operation = std::size_t{1} << 20,
      .near = [](setting const& s) { return over_one(std::make_unique<writer>(s.operation, *s.when)); },
      .far =
          [](setting const& s) {
            return over_one(std::make_unique<reader>(s.operation, step::kind::receive));
          },
  };
}

}  // namespace trivium::bench
