// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Steps executed by handlers on an io_context: each handler tells the script what came and starts the next
// step. A `Connection` says how a step is started, and nothing else.
//
//   send(bytes, then), receive(bytes, then), receive_some(bytes, then): start; `then(outcome)` is called
//   once. A Connection whose step has ended already returns its outcome instead, and `then` is not called.
//   handshake(then), if there is one: before the first step is asked for.
#pragma once

#include <time.h>

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "../steps/descriptor.hpp"
#include "../steps/other_work.hpp"
#include "../steps/way.hpp"
#include "outcome.hpp"

namespace trivium::bench {

template <class Connection>
concept shakes_hands_first = requires(Connection& with, void (*then)(outcome const&)) {
  with.handshake(then);
};

/// One lane with a socket.
template <class Connection>
class loop_lane {
 public:
  static constexpr bool shakes_hands = shakes_hands_first<Connection>;

  loop_lane(boost::asio::io_context& loop, lane const& from, tally& kept, std::atomic<int>& lanes_left)
      : connection_(loop, from, kept), timer_(loop), what_(*from.what), lanes_left_(lanes_left) {}

  void start() {
    if constexpr (shakes_hands) {
      connection_.handshake(then{this});
    } else {
      ended({});
    }
  }

 private:
  // The handler of every step: two pointers' worth, so that no operation allocates for it.
  struct then {
    loop_lane* lane;
    void operator()(outcome const& came) const { lane->ended(came); }
  };

  void ended(outcome const& came) {
    end_step(last_, under_way_, came);
    go_on();
  }

  // A loop and not a recursion: steps that end at once must not grow the stack.
  void go_on() {
    for (;;) {
      step const next = what_.next(last_);
      under_way_ = {.what = next.what, .timed = next.timed};
      std::optional<outcome> at_once = outcome{};
      switch (next.what) {
        case step::kind::send:
          at_once = connection_.send(next.bytes, then{this});
          break;
        case step::kind::receive:
          at_once = connection_.receive(next.bytes, then{this});
          break;
        case step::kind::receive_some:
          at_once = connection_.receive_some(next.bytes, then{this});
          break;
        case step::kind::work:
          keep_busy(next.lasting);
          break;
        case step::kind::wait_until:
          timer_.expires_at(next.at);
          timer_.async_wait([this](boost::system::error_code) { ended({}); });
          return;
        case step::kind::start:
        case step::kind::done:
          connection_.close();
          --lanes_left_;
          return;
      }
      if (!at_once) return;
      end_step(last_, next, *at_once);
    }
  }

  Connection connection_;
  boost::asio::steady_timer timer_;
  script& what_;
  std::atomic<int>& lanes_left_;
  step under_way_{.what = step::kind::start};
  event last_;
};

/// The lanes with a socket.
template <class Lane>
class loop_lanes {
 public:
  loop_lanes(boost::asio::io_context& loop, std::span<lane const> lanes, tally& kept) : loop_(loop) {
    for (auto const& each : lanes) {
      if (each.socket == lane::no_socket) continue;
      lanes_.push_back(std::make_unique<Lane>(loop, each, kept, left_));
      ++left_;
    }
  }

  /// They start on the loop.
  void start() {
    for (auto& each : lanes_) boost::asio::post(loop_, [&each] { each->start(); });
  }
  /// How many have not ended.
  [[nodiscard]] int left() const { return left_; }

 private:
  boost::asio::io_context& loop_;
  std::atomic<int> left_ = 0;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

/// What a loop takes once and keeps it takes here: at its first timer, its first wait for a descriptor, its
/// first operation that need not wait. Among the steps that count, these could come after any warm-up.
template <class Lane>
class rehearsal {
 public:
  /// `over` is called on the loop.
  rehearsal(boost::asio::io_context& loop, std::function<void()> over) : hears_(std::move(over)) {
    auto [here, there] = socket_pair();
    hearing_.emplace(loop, lane{here.release(), &hears_, opened::here}, kept_, lanes_left_);
    speaking_.emplace(loop, lane{there.release(), &speaks_, opened::there}, kept_, lanes_left_);
  }

  /// In this order: who hears has to wait then.
  void start() {
    hearing_->start();
    speaking_->start();
  }

 private:
  class hearer final : public script {
   public:
    explicit hearer(std::function<void()> over) : over_(std::move(over)) {}

    step next(event const&) override {
      switch (turn_++) {
        case 0:
          return {.what = step::kind::receive, .bytes = room_};
        case 1:
          return {.what = step::kind::receive};  // nothing: it ends at once
        case 2:
          return {.what = step::kind::receive, .bytes = room_};  // the end: the speaker has left the loop
        default:
          over_();
          return {};
      }
    }

   private:
    std::function<void()> over_;
    std::array<std::byte, 1> room_ = {};
    int turn_ = 0;
  };

  class speaker final : public script {
   public:
    step next(event const& last) override {
      if (last.finished == step::kind::start) return {.what = step::kind::wait_until, .at = last.now};
      if (last.finished == step::kind::wait_until) return {.what = step::kind::send, .bytes = word_};
      return {};
    }

   private:
    std::array<std::byte, 1> word_ = {};
  };

  hearer hears_;
  speaker speaks_;
  tally kept_;
  std::atomic<int> lanes_left_ = 2;
  std::optional<Lane> hearing_;
  std::optional<Lane> speaking_;
};

/// The lanes without a socket: one timer, at the earliest of what falls due.
class loop_others {
 public:
  loop_others(boost::asio::io_context& loop, other_work& others) : timer_(loop), others_(others) {}

  void start() {
    auto const at = others_.due();
    if (!at) return;
    timer_.expires_at(*at);
    timer_.async_wait([this](boost::system::error_code error) {
      if (error) return;
      ran_ = true;
      others_.thread_was_free();
      others_.run_due();
      start();
    });
  }

  /// Whether they have run since this was last asked.
  bool ran() { return std::exchange(ran_, false); }

 private:
  boost::asio::steady_timer timer_;
  other_work& others_;
  bool ran_ = false;
};

// The loop's wait is inside `run_one`, so how long a turn held the thread is not what the clock says. It is
// the processor time of the turn: a thread that waits uses none, and nothing under an event loop sleeps.
inline duration processor_time() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

/// What a loop is run with besides, by Asio's own operations: nothing.
struct bare_loop {
  explicit bare_loop(boost::asio::io_context&) {}
};

/// Runs the lanes on one loop. `With` is made from the loop, and lives while that runs.
template <class Lane, class With>
void run_on_loop(std::span<lane const> lanes, tally& kept) {
  boost::asio::io_context loop(1);  // one thread runs it
  other_work others(lanes, kept);
  loop_lanes<Lane> connections(loop, lanes, kept);
  auto const start = [&] { connections.start(); };
  std::optional<rehearsal<Lane>> first;
  if constexpr (Lane::shakes_hands) {
    start();  // the handshake waits on the loop, too
  } else {
    first.emplace(loop, start);
    boost::asio::post(loop, [&first] { first->start(); });
  }
  [[maybe_unused]] With const with(loop);
  if (others.empty()) {
    loop.run();
    return;
  }
  loop_others timer(loop, others);
  timer.start();
  while (connections.left() > 0) {
    auto const before = processor_time();
    loop.run_one();
    if (!timer.ran()) others.was_held(processor_time() - before);
  }
  others.thread_was_free();
  others.run_due();
}

template <class Lane, class With = bare_loop>
class lanes_on_loop final : public way {
 public:
  void run(std::span<lane const> lanes, tally& kept) override { run_on_loop<Lane, With>(lanes, kept); }
};

template <class Connection, class With = bare_loop>
using on_loop = lanes_on_loop<loop_lane<Connection>, With>;

}  // namespace trivium::bench
