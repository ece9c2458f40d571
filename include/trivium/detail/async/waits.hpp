// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The outstanding waits of an asynchronous operation: for a descriptor, for a time, for a stop.
#pragma once

#include <trivium/config.hpp>

#include <atomic>
#include <boost/asio/cancellation_signal.hpp>
#include <memory>
#include <optional>
#include <trivium/detail/async/completion_op.hpp>
#include <trivium/detail/async/events.hpp>
#include <trivium/detail/async/kept_work.hpp>
#include <trivium/detail/async/limit_state.hpp>
#include <trivium/detail/async/stop_gate.hpp>
#include <trivium/detail/async/wait_handler.hpp>
#include <trivium/operation.hpp>
#include <type_traits>
#include <utility>

namespace trivium::detail {

/// The part of an operation's state that waits: it starts what the operation has to wait for, counts what is
/// outstanding, and cancels it.
///
/// Threads: the thread that runs the operation, except for what `wait_handler` calls.
template <class State, class Registration, class Handler>
class waits : public completion_op<State, Registration, Handler> {
 public:
  using completion = completion_op<State, Registration, Handler>;
  using enum events::event;
  using work = kept_work<typename completion::io_executor>;

  using completion::completion;

  /// Starts the waits for which the operation is pending, unless they are outstanding already. If `alone_`,
  /// this must be the last use of *this.
  void arm(operation const& op) {
    auto const what = op.interest();
    bool const alone = alone_;
    if (waits_elsewhere(what)) {
      wait_elsewhere(what);
    } else if constexpr (Registration::shared) {
      // Wait for each direction separately: both may be needed, or another one than the last time. A wait for
      // a direction that is no longer needed is not cancelled. It costs one superfluous attempt if it
      // completes.
      if (what.until == readiness::readable || what.until == readiness::either)
        wait_for<ready>({what.descriptor, readiness::readable});
      if (what.until == readiness::writable || what.until == readiness::either)
        wait_to_write({what.descriptor, readiness::writable});
    } else if (what.until != readiness::none) {
      wait_for<ready>(what);
    }
    if (alone || limits_ == nullptr) return;
    if (auto const due = op.due(); due != time_point::max()) wait_until(due);
    if (!limits_->stop_callback && op.stop().stop_possible()) {
      if (!limits_->gate) limits_->gate = stop_gate::of(this->registration_.get_executor());
      limits_->stop_callback.emplace(op.stop(), typename limit_state<State>::on_stop{limits_});
    }
  }

  /// Starts a wait for an event: `begin` is called with the event's intermediate handler and passes it to
  /// Asio.
  template <events::event What, class Begin>
  void expect(Begin begin) {
    pending_ |= What;
    if (alone_) return begin(wait_handler<State, What>{self()});
    try {
      begin(wait_handler<State, What>{self()});
    } catch (...) {
      pending_ = static_cast<unsigned char>(pending_ & ~What);
      throw;
    }
  }
  bool pending(events::event what) const noexcept { return (pending_ & what) != 0; }
  /// These events have been delivered.
  void delivered(unsigned seen) noexcept {
    pending_ = static_cast<unsigned char>(pending_ & ~seen);
    if constexpr (Registration::uses_sets) {
      if ((seen & broken) != 0) this->registration_.completed_in_reactor(1);
      unsigned const were = in_reactor_ & seen;
      if (were == 0) return;
      this->registration_.completed_in_reactor(were == (ready | writable) ? 2 : 1);
      in_reactor_ = static_cast<unsigned char>(in_reactor_ & ~seen);
    }
  }

  /// From the second call on without effect.
  void cancel_waits() {
    // Blocks until a running callback, which may post an event, has returned.
    if (limits_ != nullptr) limits_->stop_callback.reset();
    if (std::exchange(cancelling_, true)) return;
    if constexpr (Registration::shared) {
      // (If the connection is gone, its waits have been cancelled, and what the cancellation slots refer to
      // has been destroyed.)
      using enum boost::asio::cancellation_type;
      if (pending(ready) && !this->registration_.gone()) wait_signal_.emit(terminal);
      if (pending(writable) && !this->registration_.gone()) limits_->writable_signal.emit(terminal);
      if constexpr (State::may_wait_elsewhere)
        if (pending(broken) && !this->registration_.gone()) limits_->elsewhere.broken_signal.emit(terminal);
    } else {
      this->registration_.leave();  // deregister before the operation closes its descriptors
    }
    if (pending(time)) limits_->timer->cancel();
    if constexpr (State::may_wait_elsewhere)
      if (pending(elsewhere)) limits_->elsewhere.at.leave();
  }
  bool no_waits_outstanding() const noexcept {
    return pending_ == 0 && (limits_ == nullptr ||
                             limits_->stop_arrived == limits_->stop_posted.load(std::memory_order_relaxed));
  }

  /// Whether the handler runs in another execution context than the registration's.
  bool away() const noexcept { return limits_ != nullptr && limits_->away; }
  remote_state<State>& remote() const noexcept { return *static_cast<remote_state<State>*>(limits_); }
  /// Null if the handler runs in the registration's context, or if no stop token can end the operation.
  std::shared_ptr<stop_gate::state> gate_of_handler() const noexcept {
    return away() ? remote().gate_of_handler : nullptr;
  }
  /// What keeps the registration's loop running while a handler is invoked elsewhere. Requires: within `pass`
  /// of the gate if `away()`.
  std::optional<work> take_work() noexcept {
    return away() ? std::move(remote().keeps_running) : std::nullopt;
  }

  // What a wait_handler asks for.
  void expected() noexcept {
    if (!alone_) events_.expect();
  }
  template <events::event What>
  using storage_for = std::conditional_t<What == time, handler_storage<timer_storage, limit_state<State>>,
                                         handler_storage<wait_storage, State>>;
  template <events::event What>
  storage_for<What>& storage() noexcept {
    if constexpr (What == time)
      return *limits_;
    else
      return *this;
  }
  // Empty where none is needed, since Asio allocates memory for each wait that can be cancelled.
  template <events::event What>
  boost::asio::cancellation_slot slot() noexcept {
    if constexpr (What == ready && Registration::shared)
      return alone_ ? boost::asio::cancellation_slot{} : wait_signal_.slot();
    else if constexpr (What == writable)
      return limits_->writable_signal.slot();
    else if constexpr (What == broken)
      return limits_->elsewhere.broken_signal.slot();
    else
      return {};
  }
  bool await_storage() noexcept { return this->await() || (limits_ != nullptr && limits_->await()); }

  bool alone_ = false;  // at most one outstanding wait; constant once the operation has begun
  bool cancelling_ = false;
  bool yields_again_ = false;
  unsigned char pending_ = 0;     // events whose intermediate handler is outstanding
  unsigned char in_reactor_ = 0;  // those of them that wait in the reactor, where it has an alternative
  events events_;                 // accessed by any thread
  short ready_error_ = 0;
  limit_state<State>* limits_ = nullptr;
  boost::asio::cancellation_signal wait_signal_;

 private:
  State& self() noexcept { return static_cast<State&>(*this); }

  template <events::event What>
  void wait_for(interest what) {
    if (pending(What)) return;
    if constexpr (Registration::uses_sets) {
      if (this->registration_.choose_set(this->get_executor()))
        return expect<What>(
            [&](auto handler) { this->registration_.async_wait_in_set(what, std::move(handler)); });
      in_reactor_ |= What;
    }
    expect<What>([&](auto handler) { this->registration_.async_wait(what, std::move(handler)); });
  }
  bool waits_elsewhere(interest const& what) const noexcept {
    if constexpr (State::may_wait_elsewhere)
      return what.until != readiness::none && what.descriptor != this->registration_.descriptor();
    else
      return false;
  }
  void wait_elsewhere(interest what) {
    if constexpr (State::may_wait_elsewhere) {
      auto& there = limits_->elsewhere;
      // Otherwise nothing would end the wait when the connection is closed, or broken by its peer.
      if (there.watches_connection && !pending(broken))
        expect<broken>([&](auto handler) { this->registration_.async_wait_for_error(std::move(handler)); });
      if (pending(elsewhere)) {
        if (there.at.waits_for(what)) return;
        there.outdated = true;
        return there.at.leave();
      }
      there.at.enter(what.descriptor, this->registration_.get_executor());
      expect<elsewhere>([&](auto handler) { there.at.async_wait(what.until, std::move(handler)); });
    }
  }
  // Only a channel that is more than a descriptor waits for both directions at once, and an operation on such
  // a channel always has its `limits_`.
  void wait_to_write(interest what) {
    if (limits_ != nullptr)
      wait_for<writable>(what);
    else
      wait_for<ready>(what);
  }
  // A timer that expires too early is only set again. So a pending timer is left as it is unless the new time
  // is earlier.
  void wait_until(time_point due) {
    auto& timer = limits_->timer;
    if (!timer) timer.emplace(this->registration_.get_executor());
    if (pending(time)) {
      if (timer->expiry() > due) timer->cancel();
      return;
    }
    timer->expires_at(due);
    expect<time>([&](auto handler) { timer->async_wait(std::move(handler)); });
  }
};

}  // namespace trivium::detail
