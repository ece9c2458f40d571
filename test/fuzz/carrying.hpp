// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The threads and the event loop of a near end. Included by one source file for each kind of connection.
#pragma once

#include <pthread.h>
#include <signal.h>

#include <list>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "near_end.hpp"
#include "ways.hpp"

namespace trivium::fuzz {

template <class Connection>
class carrying {
 public:
  carrying(std::optional<Connection>& connection, boost::asio::io_context& io, carriage const& how,
           record& to)
      : connection_{connection}, io_{io}, how_{how}, record_{to}, strand_{io.get_executor()} {}

  /// Until both directions are done.
  void run(direction& first, direction& second) {
    set_mode();
    if (how_.one_loop) {
      in_a_thread([&] { carry_in_a_loop(*connection_, {&first, &second}); });
    } else {
      carry(first);
      carry(second);
    }
    for (auto& each : chains_) each.begin();
    boost::asio::steady_timer loses{io_};
    if (how_.loses != loss::none) {
      loses.expires_after(how_.loses_after);
      auto const lose = [&](error_code) { this->lose(); };
      loses.async_wait(boost::asio::bind_executor(executor(), lose));
    }
    if (is_async(first) || is_async(second))
      for (unsigned i = 0; i != how_.loop_threads; ++i)
        in_a_thread([&] {
          if (how_.trampoline) {
            async::trampoline const here{io_};
            io_.run();
          } else {
            io_.run();
          }
        });
    for (auto& each : threads_) each.join();
    if (connection_) connection_->close();
  }

 private:
  static bool is_async(direction const& one) {
    return one.by() == way::handlers || one.by() == way::coroutine;
  }

  static constexpr bool of_ours = std::is_base_of_v<mode, Connection>;

  void set_mode() {
    if constexpr (of_ours) {
      if (how_.read_timeout) connection_->set_read_timeout(*how_.read_timeout);
      if (how_.write_timeout) connection_->set_write_timeout(*how_.write_timeout);
      if (how_.idle_timeout) connection_->set_idle_timeout(*how_.idle_timeout);
    }
  }

  void lose() {
    switch (how_.loses) {
      case loss::none:
        return;
      case loss::cancels:
        return connection_->cancel();
      case loss::closes:
        return connection_->close();
      case loss::destroys:
        return connection_.reset();
      case loss::moves:
        break;
    }
    auto elsewhere = std::move(*connection_);
    connection_.emplace(std::move(elsewhere));
  }

  void carry(direction& one) {
    switch (one.by()) {
      case way::blocking:
      case way::nonblocking:
        return in_a_thread([&] { carry_in_this_thread(*connection_, one); });
      case way::loop:
        return in_a_thread([&] { carry_in_a_loop(*connection_, {&one}); });
      case way::handlers:
        chains_.emplace_back(
            connection_, one, executor(), [this] { return is_there(); }, record_);
        return;
      case way::coroutine:
        break;
    }
    if constexpr (of_ours)
      boost::asio::co_spawn(executor(), carry_in_a_coroutine(connection_, one),
                            [&one](std::exception_ptr failure) {
                              try {
                                if (failure) std::rethrow_exception(failure);
                              } catch (std::exception const& thrown) {
                                one.failed(thrown.what());
                              }
                            });
  }

  boost::asio::any_io_executor executor() {
    if (how_.strand) return strand_;
    return io_.get_executor();
  }
  bool is_there() const {
    return how_.strand ? strand_.running_in_this_thread() : io_.get_executor().running_in_this_thread();
  }

  template <class Function>
  void in_a_thread(Function function) {
    threads_.emplace_back([this, function] {
      if (how_.signals) take_signals();
      try {
        function();
      } catch (std::exception const& failure) {
        record_.broken("thrown: ", failure.what());
      }
    });
  }

  // All other threads have it blocked.
  static void take_signals() {
    sigset_t alarm;
    ::sigemptyset(&alarm);
    ::sigaddset(&alarm, SIGALRM);
    ::pthread_sigmask(SIG_UNBLOCK, &alarm, nullptr);
  }

  std::optional<Connection>& connection_;
  boost::asio::io_context& io_;
  carriage const& how_;
  record& record_;
  boost::asio::strand<boost::asio::io_context::executor_type> strand_;
  std::list<chain<Connection>> chains_;
  std::vector<std::thread> threads_;
};

/// `join(io)` makes the connection.
template <class Join>
void carry_over(carriage const& how, direction& sends, direction& receives, record& to, Join join) {
  boost::asio::io_context io{how.one_thread_hint ? 1 : BOOST_ASIO_CONCURRENCY_HINT_DEFAULT};
  using connection = decltype(join(io));
  std::optional<connection> near{join(io)};
  carrying<connection>{near, io, how, to}.run(sends, receives);
}

}  // namespace trivium::fuzz
