// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Ready-made event loops: the layer under programs that do not want to arrange their own. A program's own
// io_context serves everywhere instead.
#pragma once

#include <trivium/config.hpp>

#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <trivium/error.hpp>
#include <trivium/limits.hpp>
#include <trivium/trampoline.hpp>
#include <utility>
#include <vector>

namespace TRIVIUM_EXPORT trivium {

/// For co_spawn: `co_spawn(executor, coroutine(), rethrow)`. An exception that ends the coroutine leaves the
/// handler, so that run() throws it; with Asio's `detached` it would be lost.
inline constexpr auto rethrow = [](std::exception_ptr failure, auto&&...) {
  if (failure) std::rethrow_exception(failure);
};

struct reactor_options {
  /// How many loops, each with a thread and an io_context of its own; 0: one for each processor.
  std::size_t loops = 1;
};

/// One event loop per thread, each on its own io_context: what is started on a loop stays on its thread, and
/// needs no strand, and what has ended already is told without a turn of the loop (`async::trampoline`).
/// Handlers run only inside run(). Takes no signal unless asked. The loops are destroyed one
/// after another: what is still queued on one must not own what lives on another.
///
/// Threads: all members but the destructor may be called from any thread.
class reactor {
 public:
  using executor_type = boost::asio::io_context::executor_type;

  explicit reactor(reactor_options const& options = {}) {
    auto const wanted =
        options.loops != 0 ? options.loops : std::max(1u, std::thread::hardware_concurrency());
    for (std::size_t i = 0; i != wanted; ++i) loops_.push_back(std::make_unique<loop>());
  }

  std::size_t loops() const noexcept { return loops_.size(); }

  /// Of one loop; or of each in turn, to spread connections over them.
  executor_type get_executor(std::size_t of) noexcept { return loops_[of]->context.get_executor(); }
  executor_type get_executor() noexcept {
    return get_executor(next_.fetch_add(1, std::memory_order_relaxed) % loops_.size());
  }

  /// Runs the first loop in the calling thread and each other in a thread of its own, until stop().
  ///
  /// An exception that leaves a handler ends all loops; run() throws it when every thread has come back
  /// (the first, if there are several). What was queued stays queued: run() may be called again. So may it if
  /// a thread could not be started: then it throws system_error with errc::no_thread. A thread that is
  /// cancelled in it (pthread_cancel) ends all loops too.
  /// Requires: it is not running.
  void run() {
    for (auto& each : loops_) each->context.restart();
    if (stopped_.exchange(false)) return;  // stop() came first
    std::exception_ptr failure;
    std::mutex failure_mutex;
    auto const work = [&](loop& mine) {
      try {
        async::trampoline const here{mine.context};
        mine.context.run();
      } catch (...) {
        auto const why = std::current_exception();
        stop_loops();
        if (!why) throw;  // no exception: the thread is being cancelled
        std::lock_guard const lock{failure_mutex};
        if (!failure) failure = why;
      }
    };
    {
      std::vector<std::jthread> others;
      try {
        for (std::size_t i = 1; i < loops_.size(); ++i) others.emplace_back([&, i] { work(*loops_[i]); });
      } catch (std::system_error const&) {  // those that run have to come back first
        stop_loops();
        throw boost::system::system_error{errc::no_thread};
      } catch (...) {
        stop_loops();
        throw;
      }
      work(*loops_.front());
    }
    if (failure)
      std::rethrow_exception(failure);  // a stop that was asked for meanwhile holds for the next run
    stopped_.store(false);
  }

  /// Lets run() return as soon as each loop's current handler has; one that is called later returns at once.
  void stop() {
    stopped_.store(true);
    stop_loops();
  }

  /// Calls `function()` on a loop.
  template <class Function>
  void post(Function&& function) {
    boost::asio::post(get_executor(), std::forward<Function>(function));
  }

  /// Calls `function()` on a loop when `delay` has passed, never early; at once if it is negative. A loop
  /// that ends first never calls it.
  template <class Function>
  void after(time_span delay, Function function) {
    auto timer = std::make_shared<boost::asio::steady_timer>(get_executor(), later(now(), delay.length()));
    timer->async_wait([timer, function = std::move(function)](boost::system::error_code error) mutable {
      if (!error) function();
    });
  }

  /// The next of these signals stops the reactor: stop_on(SIGINT, SIGTERM). After it they are as before.
  template <class... Signals>
  void stop_on(Signals... signals) {
    auto set = std::make_shared<boost::asio::signal_set>(get_executor(0), signals...);
    set->async_wait([this, set](boost::system::error_code error, int) {
      if (!error) stop();
    });
  }

 private:
  struct loop {
    // One thread runs it: the hint saves Asio the wake-up of another.
    boost::asio::io_context context{1};
    boost::asio::executor_work_guard<executor_type> keeps_running{context.get_executor()};
  };

  void stop_loops() {
    for (auto& each : loops_) each->context.stop();
  }

  std::vector<std::unique_ptr<loop>> loops_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> stopped_{false};
};

}  // namespace trivium
