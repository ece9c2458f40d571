// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The library's blocking way: the thread belongs to the operation until that has ended.
#include <array>
#include <trivium/blocking.hpp>
#include <trivium/socket.hpp>

#include "arm.hpp"
#include "armed.hpp"
#include "in_turn.hpp"
#include "trivium_outcome.hpp"

namespace trivium::bench {

namespace {

template <class Limits>
class operations {
 public:
  operations(int fd, tally& kept) : socket_(fd), kept_(kept) {}

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
    other_work others(lanes, kept);
    operations<Limits> does(connection.socket, kept);
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
