// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The library's blocking way over any channel, which is made from a lane.
#pragma once

#include <array>
#include <trivium/blocking.hpp>
#include <trivium/socket.hpp>
#include <type_traits>

#include "../steps/descriptor.hpp"
#include "armed.hpp"
#include "in_turn.hpp"
#include "trivium_outcome.hpp"

namespace trivium::bench {

// What a thread takes at its first wait under limits and keeps, it takes here: among the steps that count,
// that could come after any warm-up.
inline void wait_once(limits under) {
  auto [here, silent] = socket_pair();
  socket hearing(here.release());
  std::array<std::byte, 1> room;
  under.timeout = std::chrono::milliseconds(1);
  transfer_result came;
  do {  // a thread that is kept from running for so long does not wait any more
    came = trivium::blocking::receive_some(hearing, room, under);
  } while (came.waits == 0 && came.error == errc::timed_out);
}

template <class Channel, class Limits>
class blocking_operations {
 public:
  blocking_operations(lane const& from, tally& kept) : channel_(from), kept_(kept) {
    if constexpr (!std::is_same_v<Limits, unarmed>) wait_once(limits_.get());
  }

  outcome send(std::span<std::byte const> bytes) {
    return trivium_outcome(trivium::blocking::send_all(channel_, bytes, limits_.get()), kept_);
  }
  outcome receive(std::span<std::byte> bytes) {
    return trivium_outcome(trivium::blocking::receive_all(channel_, bytes, limits_.get()), kept_);
  }
  outcome receive_some(std::span<std::byte> bytes) {
    return trivium_outcome(trivium::blocking::receive_some(channel_, bytes, limits_.get()), kept_);
  }

 protected:
  Channel channel_;
  tally& kept_;

 private:
  Limits limits_;
};

template <class Channel, class Limits>
class blocking_way final : public way {
 public:
  void run(std::span<lane const> lanes, tally& kept) override {
    a_thread_each(lanes, kept, [](lane const& connection, other_work& others, tally& counts) {
      blocking_operations<Channel, Limits> does(connection, counts);
      in_turn(*connection.what, others, does);
    });
  }
};

}  // namespace trivium::bench
