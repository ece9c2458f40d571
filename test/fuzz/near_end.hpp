// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The near end of a session over one kind of connection: its threads, its event loop, and the comparison with
// the far end.
#pragma once

#include <pthread.h>
#include <signal.h>

#include <boost/asio/io_context.hpp>
#include <faults.hpp>
#include <list>
#include <optional>
#include <thread>
#include <transports.hpp>
#include <trivium/trivium.hpp>
#include <utility>
#include <vector>

#include "session.hpp"
#include "ways.hpp"

namespace trivium::fuzz {

/// What the two ends came to, compared.
void compare(plan const& how, sending const& sent, receiving& received, far_report const& far, record& to);

/// A kernel that answers worse than it has to, at random.
test::faults::decide worse_answers(std::uint64_t seed);

/// Threads that work at the near end take the signals that others do not.
inline void take_signals() {
  sigset_t alarm;
  ::sigemptyset(&alarm);
  ::sigaddset(&alarm, SIGALRM);
  ::pthread_sigmask(SIG_UNBLOCK, &alarm, nullptr);
}

template <class Connection>
class near_end {
 public:
  near_end(Connection& connection, boost::asio::io_context& io, plan const& how, record& to)
      : connection_{connection}, io_{io}, how_{how}, record_{to}, strand_{io.get_executor()} {}

  /// Until both directions are done.
  void carry(direction& first, direction& second) {
    if (how_.one_loop) {
      in_a_thread([&] { carry_in_a_loop(connection_, {&first, &second}); });
    } else {
      carry(first);
      carry(second);
    }
    for (auto& each : chains_) each.begin();
    for (auto& each : strand_chains_) each.begin();
    boost::asio::steady_timer closes{io_};
    if (how_.closes_after) {
      closes.expires_after(*how_.closes_after);
      auto const close = [&](error_code) { connection_.close(); };
      how_.strand ? closes.async_wait(boost::asio::bind_executor(strand_, close)) : closes.async_wait(close);
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
  }

 private:
  using loop_executor = boost::asio::io_context::executor_type;
  using strand = boost::asio::strand<loop_executor>;

  static bool is_async(direction const& one) {
    return one.by() == way::handlers || one.by() == way::coroutine;
  }

  void carry(direction& one) {
    switch (one.by()) {
      case way::blocking:
      case way::nonblocking:
        return in_a_thread([&] { carry_in_this_thread(connection_, one); });
      case way::loop:
        return in_a_thread([&] { carry_in_a_loop(connection_, {&one}); });
      case way::handlers:
        if (how_.strand)
          strand_chains_.emplace_back(connection_, one, strand_, record_);
        else
          chains_.emplace_back(connection_, one, io_.get_executor(), record_);
        return;
      case way::coroutine:
        break;
    }
    auto const on = how_.strand ? boost::asio::any_io_executor{strand_}
                                : boost::asio::any_io_executor{io_.get_executor()};
    boost::asio::co_spawn(on, carry_in_a_coroutine(connection_, one), [&one](std::exception_ptr failure) {
      try {
        if (failure) std::rethrow_exception(failure);
      } catch (std::exception const& thrown) {
        one.failed(thrown.what());
      }
    });
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

  Connection& connection_;
  boost::asio::io_context& io_;
  plan const& how_;
  record& record_;
  strand strand_;
  std::list<chain<Connection, loop_executor>> chains_;
  std::list<chain<Connection, strand>> strand_chains_;
  std::vector<std::thread> threads_;
};

/// `join(io)` makes the near end's connection; `far` is its peer's descriptor.
template <class Join>
void run_over(plan const& how, record& to, socket far, Join join) {
  boost::asio::io_context io{how.one_thread_hint ? 1 : BOOST_ASIO_CONCURRENCY_HINT_DEFAULT};
  stopper stops;
  sending sends{how, to, stops};
  receiving receives{how, to, stops};
  std::optional<test::faults> seam;
  if (how.faults) seam.emplace(worse_answers(*how.faults));

  auto const began = clock::now();
  far_end peer{
      std::move(far), how, {how.sends.begin, how.sends.bytes}, {how.receives.begin, how.receives.bytes}, to};
  {
    auto connection = join(io);
    if constexpr (requires { connection.set_timeout(*how.mode); })
      if (how.mode) {
        error_code error;
        connection.set_timeout(*how.mode, error);
        to.expect(!error, "no mode");
      }
    near_end<decltype(connection)>{connection, io, how, to}.carry(sends, receives);
    connection.close();
  }
  compare(how, sends, receives, peer.report(), to);
  // Nobody who waits asks again and again: something has happened, or a timer, or a signal.
  auto const refusals = sends.refusals() + receives.refusals();
  auto const events = 4 * (peer.report().calls + peer.report().key_updates) +
                      (how.sends.bytes + how.receives.bytes) / 256 +
                      static_cast<std::uint64_t>((clock::now() - began) / std::chrono::microseconds{50});
  to.line(refusals, " refusals of about ", events, " events");
  to.expect(refusals <= 1000 + events, refusals, " refusals of about ", events, " events");
  if (seam && how.over != transport::tls) {
    to.expect(sends.calls() == seam->sends, "sends told ", sends.calls(), " calls of ", seam->sends);
    to.expect(receives.calls() == seam->receives, "receives told ", receives.calls(), " calls of ",
              seam->receives);
  }
}

}  // namespace trivium::fuzz
