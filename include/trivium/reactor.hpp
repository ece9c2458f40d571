// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Ready-made event loops, for programs that do not want to arrange their own. An io_context of the program's
// own can be used instead everywhere.
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

/// For co_spawn: `co_spawn(executor, coroutine(), rethrow)`. If an exception ends the coroutine, this handler
/// throws it, so that run() throws it. With Asio's `detached` the exception would be lost.
inline constexpr auto rethrow = [](std::exception_ptr failure, auto&&...) {
  if (failure) std::rethrow_exception(failure);
};

/// The options of a reactor.
struct reactor_options {
  /// The number of loops, each with its own thread and io_context. 0: one for each processor.
  std::size_t loops = 1;
};

/// One event loop per thread, each with its own io_context. What is started on a loop stays on its thread and
/// needs no strand. The handler of an operation that completed without waiting is invoked without an
/// iteration of the loop (see `async::trampoline`). Handlers run only inside run(). No signal is handled
/// unless `stop_on` is called.
///
/// Lifetime: the loops are destroyed one after another. What is still queued on one loop must not own what
/// belongs to another.
///
/// Threads: all members but the destructor may be called from any thread.
class reactor {
 public:
  /// The type of its loops' executors.
  using executor_type = boost::asio::io_context::executor_type;

  /// Makes the loops. `run` starts their threads.
  explicit reactor(reactor_options const& options = {}) {
    auto const wanted =
        options.loops != 0 ? options.loops : std::max(1u, std::thread::hardware_concurrency());
    for (std::size_t i = 0; i != wanted; ++i) loops_.push_back(std::make_unique<loop>());
  }

  /// The number of loops.
  std::size_t loops() const noexcept { return loops_.size(); }

  /// The executor of one loop. Without an argument, that of each loop in rotation, to spread connections over
  /// the loops.
  executor_type get_executor(std::size_t of) noexcept { return loops_[of]->context.get_executor(); }
  executor_type get_executor() noexcept {
    return get_executor(next_.fetch_add(1, std::memory_order_relaxed) % loops_.size());
  }

  /// Runs the first loop in the calling thread, and each other loop in a thread of its own, until stop() is
  /// called.
  ///
  /// Errors: an exception that leaves a handler ends all loops. run() throws it when all threads have ended
  /// (the first one, if there are several). If a thread could not be started, run() throws system_error with
  /// errc::no_thread. In both cases handlers that were queued stay queued, and run() may be called again.
  ///
  /// Cancellation: stop(), from any thread. If a thread that runs a loop is cancelled (pthread_cancel), all
  /// loops end too.
  ///
  /// Requires: it is not running.
  void run() {
    for (auto& each : loops_) each->context.restart();
    if (stopped_.exchange(false)) return;  // stop() was called before
    std::exception_ptr failure;
    std::mutex failure_mutex;
    auto const work = [&](loop& mine) {
      try {
        async::trampoline const here{mine.context};
        mine.context.run();
      } catch (...) {
        auto const why = std::current_exception();
        stop_loops();
        if (!why) throw;  // not an exception: the thread is being cancelled
        std::lock_guard const lock{failure_mutex};
        if (!failure) failure = why;
      }
    };
    {
      std::vector<std::jthread> others;
      try {
        for (std::size_t i = 1; i < loops_.size(); ++i) others.emplace_back([&, i] { work(*loops_[i]); });
      } catch (std::system_error const&) {  // the threads that were started must end first
        stop_loops();
        throw boost::system::system_error{errc::no_thread};
      } catch (...) {
        stop_loops();
        throw;
      }
      work(*loops_.front());
    }
    if (failure)
      std::rethrow_exception(failure);  // a stop that was requested meanwhile applies to the next run
    stopped_.store(false);
  }

  /// Makes run() return as soon as each loop's current handler has returned. If run() is not running, the
  /// next call of run() returns at once.
  void stop() {
    stopped_.store(true);
    stop_loops();
  }

  /// Calls `function()` on a loop, as if by post.
  template <class Function>
  void post(Function&& function) {
    boost::asio::post(get_executor(), std::forward<Function>(function));
  }

  /// Calls `function()` on a loop when `delay` has elapsed, never earlier. A negative delay has elapsed
  /// already. If the loop ends first, `function` is never called.
  template <class Function>
  void after(time_span delay, Function function) {
    auto timer = std::make_shared<boost::asio::steady_timer>(get_executor(), later(now(), delay.length()));
    timer->async_wait([timer, function = std::move(function)](boost::system::error_code error) mutable {
      if (!error) function();
    });
  }

  /// The next of these signals stops the reactor: stop_on(SIGINT, SIGTERM). Afterwards the signals have their
  /// default disposition again.
  template <class... Signals>
  void stop_on(Signals... signals) {
    auto set = std::make_shared<boost::asio::signal_set>(get_executor(0), signals...);
    set->async_wait([this, set](boost::system::error_code error, int) {
      if (!error) stop();
    });
  }

 private:
  struct loop {
    // One thread runs it. The concurrency hint saves Asio waking up another thread.
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
