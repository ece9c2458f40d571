// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// A connection's steps as a coroutine, which awaits the library's async operations.
#pragma once

#include <trivium/async.hpp>

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

#include "../steps/other_work.hpp"
#include "outcome.hpp"
#include "trivium_outcome.hpp"

namespace trivium::bench {

/// A `Stream` is made from a lane and an executor.
template <class Stream>
class coroutine_lane {
 public:
  static constexpr bool shakes_hands = false;

  coroutine_lane(boost::asio::io_context& loop, lane const& from, tally& kept, std::atomic<int>& lanes_left)
      : stream_(from, loop.get_executor()),
        timer_(loop),
        what_(*from.what),
        kept_(kept),
        lanes_left_(lanes_left) {}

  void start() {
    boost::asio::co_spawn(timer_.get_executor(), run(), [](std::exception_ptr const& failed) {
      if (failed) std::rethrow_exception(failed);
    });
  }

 private:
  boost::asio::awaitable<void> run() {
    using boost::asio::use_awaitable;
    event last;
    step now{.what = step::kind::start};
    outcome came;
    for (;;) {
      end_step(last, now, came);
      now = what_.next(last);
      came = {};
      switch (now.what) {
        case step::kind::send:
          came = trivium_outcome(co_await async::send_all(stream_, now.bytes, use_awaitable), kept_);
          break;
        case step::kind::receive:
          came = trivium_outcome(co_await async::receive_all(stream_, now.bytes, use_awaitable), kept_);
          break;
        case step::kind::receive_some:
          came = trivium_outcome(co_await async::receive_some(stream_, now.bytes, use_awaitable), kept_);
          break;
        case step::kind::work:
          keep_busy(now.lasting);
          break;
        case step::kind::wait_until:
          timer_.expires_at(now.at);
          co_await timer_.async_wait(use_awaitable);
          break;
        case step::kind::start:
        case step::kind::done:
          stream_.close();
          --lanes_left_;
          co_return;
      }
    }
  }

  Stream stream_;
  boost::asio::steady_timer timer_;
  script& what_;
  tally& kept_;
  std::atomic<int>& lanes_left_;
};

}  // namespace trivium::bench
