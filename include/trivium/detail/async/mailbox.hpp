// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The delivery of an asynchronous operation's events: one thread at a time handles them.
#pragma once

#include <trivium/config.hpp>

#include <boost/system/system_error.hpp>
#include <cerrno>
#include <new>
#include <optional>
#include <trivium/detail/async/events.hpp>
#include <trivium/detail/async/waits.hpp>

namespace trivium::detail {

/// The part of an operation's state that receives events. The first thread to deliver one handles it, and
/// all that are delivered meanwhile. `State` has these members:
///   - `handle(events)`: handles the events of one iteration.
///   - `handle_alone<What>()`: handles the only outstanding event. Returns whether the operation has ended.
///   - `ended()`: whether the operation has ended.
///   - `fail(error)`: ends it.
template <class State, class Registration, class Handler>
class mailbox : public waits<State, Registration, Handler> {
 public:
  using waits = detail::waits<State, Registration, Handler>;
  using waits::away, waits::events_, waits::limits_, waits::ready_error_;
  using event = events::event;
  using enum events::event;

  using waits::waits;

  /// A wait has completed, or what was posted is executed.
  template <event What>
  void arrived(error_code error) {
    if constexpr (What == ready) ready_error_ = static_cast<short>(error.value());
    if constexpr (What == writable) limits_->writable_error = static_cast<short>(error.value());
    if constexpr (What == broken) limits_->elsewhere.broken_error = static_cast<short>(error.value());
    if constexpr (What == elsewhere) limits_->elsewhere.error = static_cast<short>(error.value());
    if constexpr (What == ready || What == go) {
      if (this->alone_) {
        if (self().template handle_alone<What>()) this->complete();
        return;
      }
    }
    if (away())
      arrived_away(What);
    else if (notify(What))
      this->complete();
  }

  /// An intermediate handler was destroyed without being invoked. Either the execution context is being
  /// destroyed, and the completion handler is destroyed with it; or a wait could not be started, and the
  /// thread that runs the operation catches the exception that says so.
  void dropped() noexcept {
    if (this->alone_ || events_.drop()) this->drop();
  }

  /// The handler's cancellation slot was emitted.
  void cancel() {
    if (away())
      notify_away(cancelled);
    else if (notify(cancelled))
      this->complete();
  }

  void handle_delivered() {
    try {
      self().handle(events_.take());
    } catch (std::bad_alloc const&) {
      self().fail(no_memory());
    } catch (boost::system::system_error const& refused) {
      self().fail(refused.code());
    }
  }
  /// If the operation has ended, cancels its waits. Returns whether none of them is outstanding: the handler
  /// can be invoked.
  bool finish() {
    if (!self().ended()) return false;
    this->cancel_waits();
    return this->no_waits_outstanding();
  }

  static error_code no_memory() noexcept { return {ENOMEM, boost::system::system_category()}; }

 private:
  State& self() noexcept { return static_cast<State&>(*this); }

  // Delivers an event. If the result is true, the caller must complete the operation. If it is false, another
  // thread may already have freed *this.
  bool notify(event what) { return events_.arrive(what) && run(); }

  // Handles events until there are no new ones. Returns whether the operation is to be completed. Requires:
  // the calling thread runs the operation.
  bool run() {
    do {
      handle_delivered();
      if (finish()) return true;
    } while (!events_.rest());
    return false;
  }

  // Invokes the handler after leaving the gate, so that a thread that destroys the registration's context
  // does not wait for the handler.
  void arrived_away(event what) {
    if (!notify_away(what) && events_.drop()) this->drop();
  }
  // Returns false if the registration's context is being or has been destroyed.
  [[gnu::noinline]] bool notify_away(event what) {
    auto const gate = limits_->gate;
    std::optional<typename waits::upcall> completed;
    bool const there = gate->pass([&] {
      if (notify(what)) completed.emplace(self());
    });
    if (completed) completed->call();
    return there;
  }
};

}  // namespace trivium::detail
