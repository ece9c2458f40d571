// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Steps executed one after another by a thread: what every way does that does not hand over to a loop. An
// `Operations` says how it sends and receives, and nothing else.
//
//   send(bytes), receive(bytes), receive_some(bytes) -> outcome; each returns when the step has ended.
#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <stdexcept>

#include "../steps/other_work.hpp"
#include "../steps/way.hpp"
#include "outcome.hpp"
#include "threads.hpp"

namespace trivium::bench {

inline bool has_socket(lane const& each) {
  return each.socket != lane::no_socket;
}

/// The lane of a way that is made for one connection.
inline lane const& only_connection(std::span<lane const> lanes) {
  if (std::count_if(lanes.begin(), lanes.end(), has_socket) != 1) {
    throw std::invalid_argument("this way takes one connection");
  }
  return *std::find_if(lanes.begin(), lanes.end(), has_socket);
}

/// For ways that have no thread to do other work on; throws if there is such a lane.
inline void refuse_other_work(std::span<lane const> lanes) {
  if (!std::all_of(lanes.begin(), lanes.end(), has_socket))
    throw std::invalid_argument("other work belongs to the thread of one connection");
}

/// Whoever receives or sends there finds an end.
inline void break_connections(std::span<lane const> lanes) {
  for (auto const& each : lanes) ::shutdown(each.socket, SHUT_RDWR);
}

/// Calls `run(connection, others, kept)` for the one connection on the calling thread, or for each of several
/// on a thread of its own, which keeps no tally.
template <class Run>
void a_thread_each(std::span<lane const> lanes, tally& kept, Run run) {
  if (std::count_if(lanes.begin(), lanes.end(), has_socket) == 1) {
    other_work others(lanes, kept);
    run(only_connection(lanes), others, kept);
    return;
  }
  refuse_other_work(lanes);
  auto const serve = [&](std::size_t i) {
    tally own;
    other_work none({}, own);
    run(lanes[i], none, own);
  };
  on_threads(lanes.size(), serve, [&] { break_connections(lanes); });
}

template <class Operations>
void in_turn(script& what, other_work& others, Operations& operations) {
  event last{.now = clock::now()};
  for (;;) {
    step const next = what.next(last);
    outcome came;
    switch (next.what) {
      case step::kind::send:
        came = operations.send(next.bytes);
        break;
      case step::kind::receive:
        came = operations.receive(next.bytes);
        break;
      case step::kind::receive_some:
        came = operations.receive_some(next.bytes);
        break;
      case step::kind::wait_until:
        others.sleep_until(next.at);
        break;
      case step::kind::work:
        keep_busy(next.lasting);
        break;
      case step::kind::start:
      case step::kind::done:
        return;
    }
    others.run_due();
    end_step(last, next, came);
  }
}

}  // namespace trivium::bench
