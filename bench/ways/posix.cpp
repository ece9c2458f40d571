// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The floor: the loop that everybody writes by hand, on a blocking socket. It is capped like the library's
// step, so that both ask the kernel for the same thing.
#include <sys/socket.h>

#include <array>

#include "../steps/descriptor.hpp"
#include "arm.hpp"
#include "in_turn.hpp"
#include "raw.hpp"

namespace trivium::bench {

namespace {

class operations {
 public:
  explicit operations(int socket) : socket_(socket) {}

  outcome send(std::span<std::byte const> bytes) {
    outcome so_far;
    while (so_far.bytes < bytes.size()) {
      auto const left = raw::capped(bytes.subspan(so_far.bytes));
      auto const n = ::send(socket_.get(), left.data(), left.size(), MSG_NOSIGNAL);
      if (!raw::moved(n, so_far)) break;
    }
    return so_far;
  }

  outcome receive(std::span<std::byte> bytes) {
    outcome so_far;
    while (so_far.bytes < bytes.size()) {
      auto const left = raw::capped(bytes.subspan(so_far.bytes));
      if (!raw::received(::recv(socket_.get(), left.data(), left.size(), 0), so_far)) break;
    }
    return so_far;
  }

  outcome receive_some(std::span<std::byte> bytes) {
    outcome so_far;
    auto const left = raw::capped(bytes);
    while (so_far.bytes == 0 && raw::received(::recv(socket_.get(), left.data(), left.size(), 0), so_far)) {
    }
    return so_far;
  }

 private:
  descriptor socket_;
};

// A known effect, to test the instrument with. The end that sends first keeps the thread busy after each
// answer, for a twentieth of the time that it took to come.
class slowed_operations {
 public:
  explicit slowed_operations(int socket) : does_(socket) {}

  outcome send(std::span<std::byte const> bytes) {
    if (answered_ == time_point{} && !answers_) answered_ = clock::now();
    return does_.send(bytes);
  }
  outcome receive(std::span<std::byte> bytes) { return slowed(does_.receive(bytes)); }
  outcome receive_some(std::span<std::byte> bytes) { return slowed(does_.receive_some(bytes)); }

 private:
  outcome slowed(outcome const& came) {
    constexpr auto share = 20;
    answers_ = answered_ == time_point{};
    if (answers_) return came;
    auto now = clock::now();
    for (auto const until = now + (now - answered_) / share; now < until;) now = clock::now();
    answered_ = now;
    return came;
  }

  operations does_;
  bool answers_ = false;  ///< the other end sends first
  time_point answered_ = {};
};

template <class Operations>
class posix final : public way {
 public:
  void run(std::span<lane const> lanes, tally& kept) override {
    a_thread_each(lanes, kept, [](lane const& connection, other_work& others, tally&) {
      Operations does(connection.socket);
      in_turn(*connection.what, others, does);
    });
  }
};

}  // namespace

std::span<arm const> posix_arms() {
  static constexpr auto arms = std::array{
      arm{.name = "posix",
          .sentence = "a hand-written loop of send(2) and recv(2) on a blocking socket: the floor",
          .holds_thread = true,
          .make = [] { return std::unique_ptr<way>(std::make_unique<posix<operations>>()); }},
      arm{.name = "posix.twin",
          .sentence = "the same under another name: no effect, to test the instrument with",
          .counterpart = "posix",
          .for_tests = true,
          .holds_thread = true,
          .make = [] { return std::unique_ptr<way>(std::make_unique<posix<operations>>()); }},
      arm{.name = "posix.slowed",
          .sentence = "the same, busy for 5 % of each round trip besides: a known effect, to test the "
                      "instrument with",
          .counterpart = "posix",
          .for_tests = true,
          .holds_thread = true,
          .make = [] { return std::unique_ptr<way>(std::make_unique<posix<slowed_operations>>()); }},
  };
  return arms;
}

}  // namespace trivium::bench
