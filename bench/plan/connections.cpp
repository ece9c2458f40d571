// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What a message costs a server, from one connection to 10,000, and from how many on which architecture is
// cheaper.
#include <algorithm>

#include "list.hpp"

namespace trivium::bench {

namespace {

// With 10,000 connections a trial takes 1.6 s.
// Nine rounds are the fewest that a word is said from; four minutes leave room for no more.
constexpr std::uint64_t rounds_of_connections = 9;

}  // namespace

plan connections(catalogue const& known, plan_options const& wanted) {
  plan made;
  made.name = "connections";
  auto const& what = *known.find_scenario("connections");
  two_way_table price{
      .title = "connections: price of a message by server", .metric = "cpu_per_message", .columns = {}};
  two_way_table memory{.title = "connections: memory by server", .metric = "memory", .columns = {}};
  for (auto const count : {1U, 10U, 100U, 1000U, 10'000U}) {
    std::vector<std::string> arms;
    auto const add = [&](std::string_view name) {
      auto const* const how = known.find_arm(name);
      if (how == nullptr) {
        if (count == 100) made.missing.emplace_back(name);
      } else if (!how->holds_thread || count <= most_threads) {
        arms.emplace_back(name);
      }
    };
    for (auto const* const name :
         {"posix.loop", "blocking", "nonblocking", "async", "asio.async_write", "libuv"})
      add(name);
    // Where the plan's time allows it.
    if (count >= 100) add("posix.loop.edge");
    if (count == 100 || count == 1000) {
      for (auto const* const name : {"async.ahead", "asio.async_write.ahead", "libevent"}) add(name);
    }
    if (count == 1000 && known.find_arm("asio.root") != nullptr) add("asio.root");
    auto one = cell_for(known, what, std::move(arms));
    set_connections(one, what, count);
    one.baseline_twice = count == 100;  // the same
    one.placement = wanted.where;
    one.rounds = wanted.rounds != 0 ? wanted.rounds : rounds_of_connections;
    price.columns.emplace_back(std::to_string(count), made.cells.size());
    if (count >= 100) memory.columns.emplace_back(std::to_string(count), made.cells.size());
    made.cells.push_back(std::move(one));
  }
  made.tables = {std::move(price), std::move(memory)};
  add_audits(made);
  std::erase_if(made.cells, [](cell const& each) { return each.instrument == instrument::instructions; });
  return made;
}

}  // namespace trivium::bench
