// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The library's nonblocking way: attempts, and between them what the program chose to do.
#include <poll.h>

#include <algorithm>
#include <array>
#include <deque>
#include <trivium/multiplexer.hpp>
#include <trivium/nonblocking.hpp>
#include <trivium/socket.hpp>

#include "arm.hpp"
#include "in_turn.hpp"
#include "sleepers.hpp"
#include "stepped.hpp"
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

// A connection among many on one multiplexer.
class multiplexed_lane : public stepped<multiplexed_lane> {
  friend stepped<multiplexed_lane>;

 public:
  multiplexed_lane(nonblocking::multiplexer& loop, sleepers<multiplexed_lane>& asleep, lane const& from,
                   tally& kept, std::size_t& lanes_left)
      : stepped(*from.what),
        loop_(loop),
        asleep_(asleep),
        socket_(from.socket),
        kept_(kept),
        lanes_left_(lanes_left) {}

  void wake() { end_and_go_on(); }

 private:
  bool receive() {
    return asked_.what == step::kind::receive ? begin(receiving(asked_.bytes))
                                              : begin(receiving_some(asked_.bytes));
  }
  bool send() { return begin(sending(asked_.bytes)); }
  void sleep() { asleep_.add(asked_.at, *this); }
  void close() {
    socket_.close();
    --lanes_left_;
  }

  // No operation ends inside `start`.
  template <class Payload>
  bool begin(Payload payload) {
    loop_.start(socket_, transfer{socket_, std::move(payload), {}}, [this](auto& op) {
      so_far_ = trivium_outcome(op.result(), kept_);
      end_and_go_on();
    });
    return false;
  }

  nonblocking::multiplexer& loop_;
  sleepers<multiplexed_lane>& asleep_;
  socket socket_;
  tally& kept_;
  std::size_t& lanes_left_;
};

// One connection waits as `sleeping` does; many stand in the set of a multiplexer.
class nonblocking_loop final : public way {
 public:
  void run(std::span<lane const> lanes, tally& kept) override {
    if (std::count_if(lanes.begin(), lanes.end(), has_socket) == 1)
      return nonblocking_way<sleeping>{}.run(lanes, kept);
    refuse_other_work(lanes);
    nonblocking::multiplexer loop;
    sleepers<multiplexed_lane> asleep;
    auto lanes_left = lanes.size();
    std::deque<multiplexed_lane> connections;
    for (auto const& each : lanes) connections.emplace_back(loop, asleep, each, kept, lanes_left);
    for (auto& each : connections) each.start();
    while (lanes_left > 0) {
      loop.run_once(asleep.due());
      asleep.wake_due();
    }
  }
};

}  // namespace

std::span<arm const> nonblocking_arms() {
  static constexpr auto arms = std::array{
      arm{.name = "nonblocking",
          .sentence =
              "trivium::nonblocking: attempts, and poll between them; many connections on a multiplexer",
          .is_way = true,
          .counterpart = "asio.write",
          .make = [] { return std::unique_ptr<way>(std::make_unique<nonblocking_loop>()); }},
      arm{.name = "nonblocking.call",
          .sentence = "attempts, and a call of the program's function between them, without ever sleeping",
          .one_connection = true,
          .make = [] { return std::unique_ptr<way>(std::make_unique<nonblocking_way<calling>>()); }},
      arm{.name = "nonblocking.spin",
          .sentence = "attempts as often as the processor can: retry::spin",
          .one_connection = true,
          .make = [] { return std::unique_ptr<way>(std::make_unique<nonblocking_way<spinning>>()); }},
  };
  return arms;
}

}  // namespace trivium::bench
