// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The library's blocking way: the thread belongs to the operation until that has ended.
#include <array>
#include <trivium/blocking.hpp>
#include <trivium/socket.hpp>

#include "../steps/descriptor.hpp"
#include "arm.hpp"
#include "armed.hpp"
#include "in_turn.hpp"
#include "trivium_outcome.hpp"

namespace trivium::bench {

namespace {

// What a thread takes at its first wait under limits and keeps, it takes here: among the steps that count,
// that could come after any warm-up.
void wait_once(limits under) {
  auto [here, silent] = socket_pair();
  socket hearing(here.release());
  std::array<std::byte, 1> room;
  under.timeout = std::chrono::milliseconds(1);
  transfer_result came;
  do {  // a thread that is kept from running for so long does not wait any more
    came = trivium::blocking::receive_some(hearing, room, under);
  } while (came.waits == 0 && came.error == errc::timed_out);
}

template <class Limits>
class operations {
 public:
  operations(int fd, tally& kept) : socket_(fd), kept_(kept) { wait_once(limits_.get()); }

  outcome send(std::span<std::byte const> bytes) {
    return trivium_outcome(trivium::blocking::send_all(socket_, bytes, limits_.get()), kept_);
  }
  outcome receive(std::span<std::byte> bytes) {
    return trivium_outcome(trivium::blocking::receive_all(socket_, bytes, limits_.get()), kept_);
  }
  outcome receive_some(std::span<std::byte> bytes) {
    return trivium_outcome(trivium::blocking::receive_some(socket_, bytes, limits_.get()), kept_);
  }

 private:
  socket socket_;
  tally& kept_;
  Limits limits_;
};

template <class Limits>
class blocking_way final : public way {
 public:
  void run(std::span<lane const> lanes, tally& kept) override {
    auto const& connection = only_connection(lanes);
    operations<Limits> does(connection.socket, kept);
    other_work others(lanes, kept);
    in_turn(*connection.what, others, does);
  }
};

}  // namespace

std::span<arm const> blocking_arms() {
  static constexpr auto arms = std::array{
      arm{"blocking", "trivium::blocking: the thread sleeps in the kernel until the operation has ended",
          [] { return std::unique_ptr<way>(std::make_unique<blocking_way<unarmed>>()); }},
      arm{"blocking.limits", "the same with timeout, stall_timeout, min_rate and a stop token armed",
          [] { return std::unique_ptr<way>(std::make_unique<blocking_way<armed>>()); }},
  };
  return arms;
}

}  // namespace trivium::bench
