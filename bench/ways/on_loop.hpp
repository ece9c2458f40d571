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
concept shakes_hands = requires(Connection& with, void (*then)(outcome const&)) {
  with.handshake(then);
};

/// One lane with a socket.
template <class Connection>
class loop_lane {
 public:
  loop_lane(boost::asio::io_context& loop, lane const& from, tally& kept, int& lanes_left)
      : connection_(loop, from, kept), timer_(loop), what_(*from.what), lanes_left_(lanes_left) {}

  void start() {
    if constexpr (shakes_hands<Connection>) {
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
  int& lanes_left_;
  step under_way_{.what = step::kind::start};
  event last_;
};

/// What a loop takes once and keeps it takes here: at its first timer, its first wait for a descriptor, its
/// first operation that need not wait. Among the steps that count, these could come after any warm-up.
template <class Connection>
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
  int lanes_left_ = 2;
  std::optional<loop_lane<Connection>> hearing_;
  std::optional<loop_lane<Connection>> speaking_;
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

/// `With` is made from the loop, and lives while that runs.
template <class Connection, class With = bare_loop>
class on_loop final : public way {
 public:
  void run(std::span<lane const> lanes, tally& kept) override {
    boost::asio::io_context loop(1);  // one thread runs it
    other_work others(lanes, kept);
    int lanes_left = 0;
    std::vector<std::unique_ptr<loop_lane<Connection>>> connections;
    for (auto const& each : lanes) {
      if (each.socket == lane::no_socket) continue;
      connections.push_back(std::make_unique<loop_lane<Connection>>(loop, each, kept, lanes_left));
      ++lanes_left;
    }
    auto const start = [&] {
      for (auto& each : connections) boost::asio::post(loop, [&each] { each->start(); });
    };
    std::optional<rehearsal<Connection>> first;
    if constexpr (shakes_hands<Connection>) {
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
    while (lanes_left > 0) {
      auto const before = processor_time();
      loop.run_one();
      if (!timer.ran()) others.was_held(processor_time() - before);
    }
    others.thread_was_free();
    others.run_due();
  }
};

}  // namespace trivium::bench
