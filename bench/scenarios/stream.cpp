// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Many small sends: what a call costs, where `bulk` asks what a byte costs.
#include "reader.hpp"
#include "scenario.hpp"
#include "writer.hpp"

namespace trivium::bench {

namespace {

// The far side takes what has arrived rather than 4 KiB at a time, or the reader's calls would set the pace.
constexpr auto reader_buffer = std::size_t{1} << 20;

}  // namespace

scenario stream() {
  return {
      .name = "stream",
      .sentence = "one side sends 4 KiB at a time, the other takes whatever has arrived: the price of a call",
      .primary = "throughput",
      .columns = {"cpu_per_kib", "switches_per_mib"},
      .one_way = true,
      .operation = 4096,
      .near = [](setting const& s) { return over_one(std::make_unique<writer>(s.operation, *s.when)); },
      .far =
          [](setting const&) {
            return over_one(std::make_unique<reader>(reader_buffer, step::kind::receive_some));
          },
  };
}

}  // namespace trivium::bench
