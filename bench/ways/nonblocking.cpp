// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The library's nonblocking way: attempts, and between them what the program chose to do.
#include <poll.h>

#include <array>
#include <trivium/nonblocking.hpp>
#include <trivium/socket.hpp>

#include "arm.hpp"
#include "in_turn.hpp"
#include "trivium_outcome.hpp"

namespace trivium::bench {

namespace {

// What passes the time. Each is made for one operation, with the direction that the operation waits for.

// The arm without a suffix. A program that has nothing else to do waits in poll. One that has does it, and
// then sleeps until the socket is ready or the next thing falls due: that is what a loop of one's own looks
// like.
struct sleeping {
  int socket;
  other_work& others;

  template <class Operation>
  transfer_result complete(Operation& operation, short events) const {
    if (others.empty()) return nonblocking::complete(operation, retry::poll);
    return nonblocking::complete(
        operation, retry::call([this, events] {
          others.run_due();
          pollfd one{.fd = socket, .events = events, .revents = 0};
          others.rest([&] { return ::ppoll(&one, 1, others.time_till_due(), nullptr); });
        }));
  }
};

struct calling {
  int socket;
  other_work& others;

  template <class Operation>
  transfer_result complete(Operation& operation, short) const {
    return nonblocking::complete(operation, retry::call([this] { others.run_due(); }));
  }
};

struct spinning {
  int socket;
  other_work& others;

  template <class Operation>
  transfer_result complete(Operation& operation, short) const {
    return nonblocking::complete(operation, retry::spin);
  }
};

template <class Between>
class operations {
 public:
  operations(int fd, other_work& others, tally& kept) : socket_(fd), between_{fd, others}, kept_(kept) {}

  outcome send(std::span<std::byte const> bytes) {
    transfer all{socket_, sending(bytes), {}};
    return trivium_outcome(between_.complete(all, POLLOUT), kept_);
  }
  outcome receive(std::span<std::byte> bytes) {
    transfer all{socket_, receiving(bytes), {}};
    return trivium_outcome(between_.complete(all, POLLIN), kept_);
  }
  outcome receive_some(std::span<std::byte> bytes) {
    transfer some{socket_, receiving_some(bytes), {}};
    return trivium_outcome(between_.complete(some, POLLIN), kept_);
  }

 private:
  socket socket_;
  Between between_;
  tally& kept_;
};

template <class Between>
class nonblocking_way final : public way {
 public:
  void run(std::span<lane const> lanes, tally& kept) override {
    auto const& connection = only_connection(lanes);
    other_work others(lanes, kept);
    operations<Between> does(connection.socket, others, kept);
    in_turn(*connection.what, others, does);
  }
};

}  // namespace

std::span<arm const> nonblocking_arms() {
  static constexpr auto arms = std::array{
      arm{.name = "nonblocking",
          .sentence =
              "trivium::nonblocking: attempts, and poll between them; other work is done before it sleeps",
          .is_way = true,
          .counterpart = "asio.write",
          .make = [] { return std::unique_ptr<way>(std::make_unique<nonblocking_way<sleeping>>()); }},
      arm{.name = "nonblocking.call",
          .sentence = "attempts, and a call of the program's function between them, without ever sleeping",
          .make = [] { return std::unique_ptr<way>(std::make_unique<nonblocking_way<calling>>()); }},
      arm{.name = "nonblocking.spin",
          .sentence = "attempts as often as the processor can: retry::spin",
          .make = [] { return std::unique_ptr<way>(std::make_unique<nonblocking_way<spinning>>()); }},
  };
  return arms;
}

}  // namespace trivium::bench
