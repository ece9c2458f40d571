// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Steps executed one after another by a thread: what every way does that does not hand over to a loop. An
// `Operations` says how it sends and receives, and nothing else.
//
//   send(bytes), receive(bytes), receive_some(bytes) -> outcome; each returns when the step has ended.
#pragma once

#include <algorithm>
#include <stdexcept>

#include "../steps/other_work.hpp"
#include "../steps/way.hpp"
#include "outcome.hpp"

namespace trivium::bench {

/// The lane of a way that gives a connection its whole thread.
inline lane const& only_connection(std::span<lane const> lanes) {
  auto const has_socket = [](lane const& each) { return each.socket != lane::no_socket; };
  if (std::count_if(lanes.begin(), lanes.end(), has_socket) != 1) {
    throw std::invalid_argument("this way takes one connection a thread");
  }
  return *std::find_if(lanes.begin(), lanes.end(), has_socket);
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
