// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The state of one asynchronous operation, from initiation until its handler is invoked.
//
// The state is one block from the handler's associated allocator. It is deallocated before the handler is
// invoked. The memory that Asio needs for the waits is part of the same block, so that steady state allocates
// nothing: Asio's default allocator recycles two blocks for each thread, one for each direction of a
// connection.
#pragma once

#include <trivium/config.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <new>
#include <trivium/detail/async/block.hpp>
#include <trivium/detail/async/completion.hpp>
#include <trivium/detail/async/mailbox.hpp>
#include <trivium/detail/async/readiness.hpp>
#include <trivium/detail/operation_access.hpp>
#include <trivium/operation.hpp>
#include <utility>

namespace trivium::detail {

/// The operation, as the first base of its state.
template <class Operation>
struct operation_holder {
  Operation operation_;
};

/// Effect: advances the operation each time a wait completes, until the operation has ended, and then invokes
/// the handler once, on its associated executor and never inside the initiating function.
///
/// Errors: an exception that Asio throws when a wait is started ends the operation, and the handler is
/// invoked with its error code (ENOMEM for std::bad_alloc). In the case `alone_` below, such an exception
/// frees the state and leaves the initiating function or run(), and the handler is destroyed; but there a
/// wait allocates only if Asio's intermediate handler does not fit into the state. See `start_operation` for
/// what the initiating function throws.
///
/// Lifetime: the state deletes itself. It is freed before the handler is invoked, or when the last
/// outstanding wait handler is destroyed because its execution context is destroyed. In the latter case the
/// handler is destroyed without being invoked.
///
/// Cancellation: by the handler's cancellation slot, by the stop token of the limits, and by the
/// registration: the operation ends with errc::stopped.
///
/// Threads: the `events` serialise the threads that deliver events, so that one thread at a time runs the
/// operation. Two cases differ:
///   - `alone_`: the operation has at most one outstanding wait. That holds for a transfer through a bare
///     descriptor, without a limit, a stop token or a cancellation slot, whose handler runs on the
///     registration's own loop. There is nothing to serialise: the handler of that wait owns the state.
///   - `away()`: the handler runs in another execution context than the registration's. Then the operation is
///     run by that context's threads, and they enter the stop gate of the registration's context before they
///     access anything that belongs to it.
template <class Operation, class Registration, class Handler>
class operation_state final
    : operation_holder<Operation>,
      public mailbox<operation_state<Operation, Registration, Handler>, Registration, Handler> {
 public:
  using base = mailbox<operation_state, Registration, Handler>;
  using base::alone_, base::events_, base::limits_, base::pending_, base::ready_error_, base::registration_;
  using base::arm, base::expect, base::pending, base::post_completion;
  using base::waiting_since_, operation_holder<Operation>::operation_;
  using enum events::event;
  using allocator = allocator_of<Handler>;
  using memory = block<operation_state, allocator>;

  /// Whether the operation may wait for another descriptor than the connection's. It then has its `limits_`.
  static constexpr bool may_wait_elsewhere = [] {
    if constexpr (moves_bytes<Operation>)
      return trivium::may_wait_elsewhere<typename Operation::payload_type>;
    else
      return false;
  }();

  /// Constructs the operation that `make()` returns. If that throws, the handler has not been moved: it may
  /// own what the memory of this object is allocated from.
  template <class Make>
  operation_state(Make& make, Registration&& at, Handler& handler)
      : operation_holder<Operation>{make()}, base{std::move(at), handler} {}

  std::stop_token const& stop_token() const noexcept { return operation_.stop(); }
  /// Requires: `begin` has not been called.
  void set_limits(limit_state<operation_state>& behind) noexcept { limits_ = &behind; }

  /// Begins the operation. `first_advance()` makes the first attempt, or starts the first wait.
  template <class FirstAdvance>
  void begin(FirstAdvance first_advance) {
    auto slot = boost::asio::get_associated_cancellation_slot(this->handler_);
    alone_ = limits_ == nullptr && !slot.is_connected();
    if (alone_) {
      if (first_advance()) post_completion();
      return;
    }
    events_.begin();
    try {
      if (slot.is_connected()) slot.template emplace<on_cancel>(on_cancel{this});
      first_advance();
    } catch (std::bad_alloc const&) {
      if (!ended() && !events_.any_expected() && bytes() == 0) {
        slot.clear();
        this->drop();
        throw;
      }
      fail(base::no_memory());
    } catch (boost::system::system_error const& refused) {
      fail(refused.code());
    }
    // Other threads may have delivered events in the meantime. They are handled here. The handler must not be
    // invoked inside the initiating function, so the completion is posted.
    while (!this->finish()) {
      if (events_.rest()) return;
      this->handle_delivered();
    }
    slot.clear();
    events_.end();
    pending_ |= go;
    post_completion();
  }

  // As for every function that advances the operation, the result is whether the operation has ended. If it
  // is false and `alone_` is set, then the wait's handler may already have run in another thread and have
  // freed *this.

  bool first_advance(interest waits_for) {
    if (waits_for.until != readiness::none && operation_access::expect(operation_, waits_for)) return wait();
    return advance();
  }
  /// The operation was constructed with the result of its first attempt.
  bool after_first_call() {
    auto const how = operation_access::how_far(operation_);
    return how == progress::yielded ? advance() : follow(how);
  }

  // What its parts ask for.

  bool ended() const noexcept { return operation_.ended(); }

  template <events::event What>
  bool handle_alone() {
    this->delivered(What);
    if (ended()) return true;
    if (registration_.lost()) return fail(errc::stopped);
    if constexpr (What == ready) {
      registration_.leave();
      if (ready_error_ != 0) return fail(wait_failed(ready_error_));
    } else if (std::exchange(this->yields_again_, false)) {
      return yield();
    }
    return advance();
  }

  bool handle(unsigned seen) {
    this->delivered(seen);
    if ((seen & events::stop) != 0) limits_->stop_arrived = true;
    if (ended()) return true;
    if (registration_.lost()) return fail(errc::stopped);

    if ((seen & cancelled) != 0) operation_.request_stop();
    if ((seen & ready) != 0) {
      registration_.leave();
      if (ready_error_ != 0) return fail(wait_failed(ready_error_));
    }
    if ((seen & writable) != 0 && limits_->writable_error != 0)
      return fail(wait_failed(limits_->writable_error));
    if constexpr (may_wait_elsewhere)
      if (auto const why = broken_elsewhere(seen)) return fail(why);
    if (seen == go && std::exchange(this->yields_again_, false)) return yield();
    // A timer that was set for an earlier time has expired too early: only set it again.
    if (seen == time && now() < operation_.due()) return wait();
    return advance();
  }

  // Ends the operation with an error.
  bool fail(error_code why) noexcept {
    operation_.fail(why);
    observe();
    return true;
  }

  std::size_t bytes() const noexcept { return operation_.result().bytes; }
  auto arguments() { return completion<Operation>::arguments(operation_); }

  void destroy(allocator from) noexcept {
    memory const freed{from, this, destroy_limits(limits_)};
    this->~operation_state();
  }

 private:
  struct on_cancel {
    operation_state* self;
    void operator()(boost::asio::cancellation_type asked) const {
      if (completion<Operation>::heeds(asked, self->operation_)) self->cancel();
    }
  };

  bool advance() {
    if (waiting_since_ != time_point{}) {
      operation_.waited(now() - waiting_since_);
      waiting_since_ = {};
    }
    return follow(operation_.advance(async::budget));
  }

  // Starts the next wait, or posts the next attempt. From here on, event handlers access the connection
  // through its registration only, because the connection may be moved or destroyed.
  bool follow(progress how) {
    if (how == progress::done) {
      observe();
      return true;
    }
    if (how == progress::pending) return wait(reports_drained);
    if (int const code = registration_.attach({}); code != 0) return fail(wait_failed(code));
    this->yields_again_ = true;
    return yield();
  }
  // Asio looks at its timers and descriptors after a handler, and queues what it finds behind what this
  // handler has posted. So only what is posted by the second comes behind all that was due at the first.
  bool yield() {
    if (!pending(go))
      this->template expect<go>(
          [this](auto handler) { detail::post(std::move(handler), registration_.get_executor()); });
    return false;
  }
  // `drained`: the attempt before has found the descriptor's queue empty.
  bool wait(bool drained = false) {
    if (int const code = registration_.attach(operation_.interest()); code != 0)
      return fail(wait_failed(code));
    if constexpr (reports_drained)
      if (drained) registration_.drained();  // after attach, which finds the registration
    if (waiting_since_ == time_point{}) waiting_since_ = now();
    arm(operation_);
    return false;
  }

  // The error, if one of these events ends the operation: the wait elsewhere has failed, or the connection
  // has.
  error_code broken_elsewhere(unsigned seen) noexcept {
    auto& there = limits_->elsewhere;
    if ((seen & broken) != 0) {
      if (there.broken_error != 0) return wait_failed(there.broken_error);
      if constexpr (Operation::moving == direction::send)
        if (auto const error = failure_of(registration_.descriptor())) return error;
      // It is urgent data, or what a receive reports. Asio would report it again at once.
      there.watches_connection = false;
    }
    if ((seen & events::elsewhere) != 0 && !std::exchange(there.outdated, false) && there.error != 0)
      return wait_failed(there.error);
    return {};
  }

  // Whether a last attempt that was not satisfied shows that the descriptor's queue is empty.
  static constexpr bool reports_drained = [] {
    if constexpr (Registration::uses_sets && moves_bytes<Operation>)
      return std::is_same_v<typename Operation::payload_type, memory_sink>;
    else
      return false;
  }();

  // Passes the result of a transfer to the connection.
  void observe() noexcept {
    if constexpr (reports_drained)
      if (operation_.interest().until == readiness::readable) registration_.drained();
    if constexpr (moves_bytes<Operation>)
      if (!registration_.gone()) registration_.observe(operation_.result(), Operation::moving);
  }
};

}  // namespace trivium::detail
