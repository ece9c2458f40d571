// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Small sends over several connections at a time, none of which waits for an answer: what a send costs a
// thread that serves them all.
#include "reader.hpp"
#include "scenario.hpp"
#include "writer.hpp"

namespace trivium::bench {

namespace {

// The readers take what has arrived, so that the senders set the pace.
constexpr auto reader_buffer = std::size_t{256} << 10;

side senders(setting const& s) {
  side made;
  while (made.connections.size() < s.connections)
    made.connections.push_back(std::make_unique<writer>(s.operation, *s.when));
  return made;
}

side readers(setting const& s) {
  side made;
  while (made.connections.size() < s.connections)
    made.connections.push_back(std::make_unique<reader>(reader_buffer, step::kind::receive_some));
  return made;
}

}  // namespace

scenario streams() {
  return {
      .name = "streams",
      .sentence = "sends of 512 bytes over each of 4 connections, to readers that take whatever has arrived",
      .primary = "cpu_per_send",
      .columns = {"throughput", "cpu_per_kib", "switches_per_mib"},
      .one_way = true,
      .operation = 512,
      .connections = 4,
      .baseline = "posix.loop",
      .far_arm = "posix.loop",
      .near = senders,
      .far = readers,
  };
}

}  // namespace trivium::bench
