// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Steps executed one after another by a thread: what every way does that does not hand over to a loop. An
// `Operations` says how it sends and receives, and nothing else.
//
//   send(bytes), receive(bytes), receive_some(bytes) -> outcome; each returns when the step has ended.
#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <exception>
#include <latch>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "../steps/other_work.hpp"
#include "../steps/way.hpp"
#include "outcome.hpp"

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

/// Calls `run(connection, others, kept)` for the one connection on the calling thread, or for each of several
/// on a thread of its own, which keeps no tally. The threads begin when all of them are there. Rethrows the
/// first exception.
template <class Run>
void a_thread_each(std::span<lane const> lanes, tally& kept, Run run) {
  if (std::count_if(lanes.begin(), lanes.end(), has_socket) == 1) {
    other_work others(lanes, kept);
    run(only_connection(lanes), others, kept);
    return;
  }
  refuse_other_work(lanes);
  std::latch all_there(static_cast<std::ptrdiff_t>(lanes.size()));
  std::mutex failing;
  std::exception_ptr failed;
  auto const serve = [&](lane const& connection) {
    all_there.arrive_and_wait();
    try {
      tally own;
      other_work none({}, own);
      run(connection, none, own);
    } catch (...) {
      std::lock_guard const lock(failing);
      if (!failed) failed = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> threads;
    threads.reserve(lanes.size());
    try {
      for (auto const& each : lanes) threads.emplace_back(serve, each);
    } catch (...) {
      for (auto const& each : lanes) ::shutdown(each.socket, SHUT_RDWR);  // those that are there find an end
      all_there.count_down(static_cast<std::ptrdiff_t>(lanes.size() - threads.size()));
      throw;
    }
  }
  if (failed) std::rethrow_exception(failed);
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
