// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// How the near end is carried to its end, direction by direction: each of the ways, with all that one may
// choose in it.
#pragma once

#include <poll.h>
#include <sched.h>

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <trivium/trivium.hpp>
#include <type_traits>
#include <variant>
#include <vector>

#include "operation.hpp"
#include "record.hpp"

namespace trivium::fuzz {

/// In the calling thread, which sleeps.
template <class Connection>
transfer_result block(Connection& by, operation& what) {
  switch (what.what) {
    case verb::handshake:
      return blocking::handshake(by, what.within);
    case verb::finish:
      return blocking::finish(by, what.within);
    case verb::send:
      if (what.how_much == amount::some) return blocking::send_some(by, what.from, what.within);
      return blocking::send_all(by, what.from, what.within);
    case verb::receive:
      break;
  }
  if (what.how_much == amount::some) return blocking::receive_some(by, what.into, what.within);
  return blocking::receive_all(by, what.into, what.within);
}

/// An operation as what is turned.
class any_operation {
 public:
  template <class Connection>
  any_operation(Connection& by, operation& what) : is_{make(by, what)} {}

  trivium::operation& get() {
    return std::visit([](auto& it) -> trivium::operation& { return it; }, is_);
  }

 private:
  using any = std::variant<transfer<memory_source>, transfer<memory_sink>, finishing, handshaking>;
  template <class Connection>
  static any make(Connection& by, operation& what) {
    switch (what.what) {
      case verb::handshake:
        return handshaking{by, what.within};
      case verb::finish:
        return finishing{by, what.within};
      case verb::send:
        return transfer{by, trivium::sending(what.from, what.how_much), what.within};
      case verb::receive:
        break;
    }
    return transfer{by, trivium::receiving(what.into, what.how_much), what.within};
  }

  any is_;
};

/// By verbs with each policy; one that throws in between; and by single attempts.
template <class Connection>
transfer_result attempt_by_attempt(Connection& by, operation& what) {
  using namespace std::chrono_literals;
  if (what.one_attempt) {
    auto const came = what.what == verb::send ? nonblocking::send_some(by, what.from)
                                              : nonblocking::receive_some(by, what.into);
    if (came.error == errc::would_block) {  // its other work
      timespec const moment{.tv_sec = 0, .tv_nsec = static_cast<long>(what.any.size(2'000'000))};
      ::ppoll(nullptr, 0, &moment, nullptr);
    }
    return came;
  }
  auto const with = [&](auto policy) -> transfer_result {
    switch (what.what) {
      case verb::handshake:
        return nonblocking::handshake(by, policy, what.within);
      case verb::finish:
        return nonblocking::finish(by, policy, what.within);
      case verb::send:
        if (what.how_much == amount::all) return nonblocking::send_all(by, what.from, policy, what.within);
        break;
      case verb::receive:
        if (what.how_much == amount::all) return nonblocking::receive_all(by, what.into, policy, what.within);
        break;
    }
    any_operation operation{by, what};
    return nonblocking::complete(operation.get(), policy);
  };
  switch (what.any.below(6)) {
    case 0:
      return with(retry::spin);
    case 1:
      return with(retry::yield);
    case 2:
      return with(retry::backoff{what.any.time(500us), what.any.time(3ms)});
    case 3:
      return with(retry::call([] { ::sched_yield(); }));
    case 4: {
      struct enough {};
      any_operation operation{by, what};
      auto calls_left = what.any.below(3);
      try {
        return nonblocking::complete(operation.get(), retry::call([&] {
                                       if (calls_left-- == 0) throw enough{};
                                     }));
      } catch (enough const&) {
        return nonblocking::complete(operation.get(), retry::poll);
      }
    }
    default:
      return with(retry::poll);
  }
}

template <class Connection>
void carry_in_this_thread(Connection& by, direction& one) {
  while (auto* const next = one.next()) {
    try {
      one.tell(one.by() == way::blocking ? block(by, *next) : attempt_by_attempt(by, *next));
    } catch (std::exception const& failure) {
      one.failed(failure.what());
    }
  }
}

/// In a loop of one's own, both at once if need be.
template <class Connection>
void carry_in_a_loop(Connection& by, std::vector<direction*> const& all) {
  struct turned_direction {
    direction* of;
    operation* what = nullptr;
    std::optional<any_operation> it{};
  };
  std::vector<turned_direction> each;
  for (auto* const of : all) each.push_back({of});
  for (;;) {
    std::vector<pollfd> watch;
    auto due = time_point::max();
    bool moved = false, may_be_stopped = false;
    for (auto& one : each) {
      if (!one.it) {
        one.what = one.of->next();
        if (one.what == nullptr) continue;
        one.it.emplace(by, *one.what);
      }
      auto& is = one.it->get();
      auto const how =
          one.what->any.percent(30) ? is.advance(one.what->any.size(std::size_t{1} << 20)) : is.advance();
      switch (how) {
        case progress::done: {
          auto const came = is.result();
          one.it.reset();
          one.of->tell(came);
          moved = true;
          break;
        }
        case progress::yielded:
          moved = true;
          break;
        case progress::pending:
          due = std::min(due, is.due());
          may_be_stopped |= is.stop().stop_possible();
          watch.push_back({.fd = is.interest().poll_events() != 0 ? is.interest().descriptor : -1,
                           .events = is.interest().poll_events(),
                           .revents = 0});
      }
    }
    if (moved) continue;
    if (watch.empty()) return;
    auto const most = poll_timeout(due);  // a stop is no event of such a loop
    ::poll(watch.data(), watch.size(), may_be_stopped && (most < 0 || most > 2) ? 2 : most);
  }
}

/// Begins it in the async way.
template <class Connection, class Token>
auto begin(Connection& by, operation& what, Token&& token) {
  bool const unlimited = what.within.none();
  switch (what.what) {
    case verb::handshake:
      return async::handshake(by, what.within, std::forward<Token>(token));
    case verb::finish:
      return async::finish(by, what.within, std::forward<Token>(token));
    case verb::send:
      if (what.how_much == amount::some)
        return unlimited ? async::send_some(by, what.from, std::forward<Token>(token))
                         : async::send_some(by, what.from, what.within, std::forward<Token>(token));
      return unlimited ? async::send_all(by, what.from, std::forward<Token>(token))
                       : async::send_all(by, what.from, what.within, std::forward<Token>(token));
    case verb::receive:
      break;
  }
  if (what.how_much == amount::some)
    return unlimited ? async::receive_some(by, what.into, std::forward<Token>(token))
                     : async::receive_some(by, what.into, what.within, std::forward<Token>(token));
  return unlimited ? async::receive_all(by, what.into, std::forward<Token>(token))
                   : async::receive_all(by, what.into, what.within, std::forward<Token>(token));
}

/// The cancellation of one operation after another, through a slot, on the executor that they are told on.
class canceller {
 public:
  explicit canceller(boost::asio::any_io_executor const& on) : state_{std::make_shared<state>(on)} {}

  boost::asio::cancellation_slot slot(operation& what) {
    if (!what.cancelled_after) return {};
    auto& timer = state_->timer;
    timer.expires_after(*what.cancelled_after);
    // It may come when the operation is over, and this is gone.
    auto const emit = [kept = state_, &what, number = ++state_->number](error_code) {
      if (number != kept->number) return;
      what.cancelled = true;
      kept->signal.emit(what.cancellation);
    };
    timer.async_wait(boost::asio::bind_executor(timer.get_executor(), emit));
    return state_->signal.slot();
  }
  void told() {
    ++state_->number;
    state_->timer.cancel();
  }

 private:
  struct state {
    explicit state(boost::asio::any_io_executor const& on) : timer{on} {}
    boost::asio::steady_timer timer;
    boost::asio::cancellation_signal signal;
    unsigned number = 0;
  };
  std::shared_ptr<state> state_;
};

/// A chain of handlers, each of which begins the next operation.
template <class Connection>
class chain {
 public:
  /// `there` says whether it is called on the executor `on`.
  chain(std::optional<Connection>& by, direction& one, boost::asio::any_io_executor on,
        std::function<bool()> there, record& to)
      : connection_{&by},
        one_{&one},
        on_{std::move(on)},
        there_{std::move(there)},
        cancels_{on_},
        record_{&to} {}

  void begin() {
    boost::asio::post(on_, [this] { go_on(); });
  }

 private:
  void go_on() {
    if (!*connection_) return one_->lost();
    auto* const next = one_->next();
    if (next == nullptr) return;
    initiating_ = true;
    try {
      fuzz::begin(**connection_, *next, told{this, cancels_.slot(*next)});
    } catch (std::exception const& failure) {
      one_->failed(failure.what());
    }
    initiating_ = false;
  }

  // One type for every executor, with and without a cancellation slot: each costs seconds to compile.
  struct told {
    chain* of;
    boost::asio::cancellation_slot slot;

    using executor_type = boost::asio::any_io_executor;
    executor_type const& get_executor() const noexcept { return of->on_; }
    using cancellation_slot_type = boost::asio::cancellation_slot;
    cancellation_slot_type get_cancellation_slot() const noexcept { return slot; }

    void operator()(transfer_result const& came) { of->tell(came); }
  };

  void tell(transfer_result const& came) {
    record_->expect(!initiating_, "told inside the initiating call");
    record_->expect(there_(), "told on another executor");
    cancels_.told();
    one_->tell(came);
    go_on();
  }

  std::optional<Connection>* connection_;
  direction* one_;
  boost::asio::any_io_executor on_;
  std::function<bool()> there_;
  canceller cancels_;
  record* record_;
  bool initiating_ = false;
};

template <class Connection>
boost::asio::awaitable<void> carry_in_a_coroutine(std::optional<Connection>& by, direction& one) {
  canceller cancels{co_await boost::asio::this_coro::executor};
  while (by) {
    auto* const next = one.next();
    if (next == nullptr) co_return;
    auto const slot = cancels.slot(*next);
    auto const came = co_await fuzz::begin(
        *by, *next, boost::asio::bind_cancellation_slot(slot, boost::asio::use_awaitable));
    cancels.told();
    one.tell(came);
  }
  one.lost();
}

}  // namespace trivium::fuzz
