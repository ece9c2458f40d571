// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Many connections, each with one message under way: the server, which is the near end, sends every message
// back. Its price is what is asked for; the clients are the same hand-written loop whatever the server is.
#include "exchange.hpp"
#include "scenario.hpp"

namespace trivium::bench {

namespace {

side server(setting const& s) {
  side made;
  for (std::size_t i = 0; i != s.connections; ++i)
    made.connections.push_back(std::make_unique<answerer>(s.operation, s.operation));
  return made;
}

// They take turns, so that the messages are as far from each other as they can be.
pace pace_of(setting const& s, std::size_t which) {
  if (s.rate == 0) return {};
  auto const between = duration(std::chrono::seconds(1)) / s.rate;
  return {.every = between * s.connections, .first = between * which};
}

side clients(setting const& s) {
  side made;
  auto first = std::make_unique<asker>(s.operation, s.operation, *s.when, pace_of(s, 0));
  auto& noting = *first;
  made.connections.push_back(std::move(first));
  while (made.connections.size() != s.connections)
    made.connections.push_back(asker::beside(noting, pace_of(s, made.connections.size())));
  return made;
}

}  // namespace

scenario connections() {
  return {
      .name = "connections",
      .sentence = "64 bytes from each of 100 connections, sent back by a server: what a message costs it",
      .primary = "cpu_per_message",
      .columns = {"messages", "p50", "p99", "cpu_per_trip", "memory"},
      .per = per::message,
      .operation = 64,
      .connections = 100,
      .can_be_paced = true,
      .baseline = "posix.loop",
      .far_arm = "posix.loop",
      .near = server,
      .far = clients,
  };
}

}  // namespace trivium::bench
