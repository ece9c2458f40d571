// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Many connections on a thread for each processor: shared out among as many loops, or all on one loop that
// they run together. With one connection, or on one processor, it is a way of one loop.
#pragma once

#include <algorithm>
#include <vector>

#include "in_turn.hpp"
#include "on_loop.hpp"
#include "threads.hpp"

namespace trivium::bench {

inline std::size_t threads_for(std::span<lane const> lanes) {
  auto const connections = static_cast<std::size_t>(std::count_if(lanes.begin(), lanes.end(), has_socket));
  return std::min(connections, processors_to_use());
}

/// A loop for each thread. A connection stays with its own.
template <class Connection, class With = bare_loop>
class on_loops final : public way {
 public:
  void run(std::span<lane const> lanes, tally& kept) override {
    auto const count = threads_for(lanes);
    if (count == 1) return run_on_loop<loop_lane<Connection>, With>(lanes, kept);
    refuse_other_work(lanes);
    std::vector<std::vector<lane>> shares(count);
    for (std::size_t i = 0; i != lanes.size(); ++i) shares[i % count].push_back(lanes[i]);
    auto const run_one = [&](std::size_t i) {
      tally own;
      run_on_loop<loop_lane<Connection>, With>(shares[i], own);
    };
    on_threads(count, run_one, [&] { break_connections(lanes); });
  }
};

/// One loop that all threads run. What a `Connection` starts has to be serialised by itself.
template <class Connection>
class on_shared_loop final : public way {
 public:
  void run(std::span<lane const> lanes, tally& kept) override {
    auto const count = threads_for(lanes);
    if (count == 1) return run_on_loop<loop_lane<Connection>, bare_loop>(lanes, kept);
    refuse_other_work(lanes);
    boost::asio::io_context loop(static_cast<int>(count));
    loop_lanes<loop_lane<Connection>> connections(loop, lanes, kept);
    connections.start();
    on_threads(
        count, [&](std::size_t) { loop.run(); }, [&] { loop.stop(); });
  }
};

}  // namespace trivium::bench
