// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What an asynchronous operation needs besides its waits if a limit, a stop token or another execution
// context takes part.
#pragma once

#include <trivium/config.hpp>

#include <atomic>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <stop_token>
#include <trivium/detail/async/completion.hpp>
#include <trivium/detail/async/events.hpp>
#include <trivium/detail/async/foreign_registration.hpp>
#include <trivium/detail/async/handler_storage.hpp>
#include <trivium/detail/async/kept_work.hpp>
#include <trivium/detail/async/stop_gate.hpp>
#include <trivium/detail/async/wait_handler.hpp>
#include <type_traits>
#include <utility>

namespace trivium::detail {

/// For a payload that waits for another descriptor than the connection's: that wait, and one for an error of
/// the connection meanwhile.
struct elsewhere_state {
  foreign_registration at;
  boost::asio::cancellation_signal broken_signal;
  short error = 0, broken_error = 0;
  bool outdated = false;  // the wait was abandoned: its end says nothing
  bool watches_connection = true;
};
struct no_elsewhere {};

/// State that most operations do not need: timer, stop callback, and the second wait's signal. It is
/// allocated behind the operation state, in the same block.
template <class State>
struct limit_state : handler_storage<timer_storage, limit_state<State>> {
  explicit limit_state(State& of) noexcept : state{&of} {}

  /// The callback of the stop token. It runs in the thread that requests the stop, possibly while the thread
  /// that runs the operation is completing it. The state is not freed before this callback has returned,
  /// because destroying a std::stop_callback blocks until a running callback has returned.
  struct on_stop {
    limit_state* limits;
    void operator()() const noexcept { limits->stop_requested(); }
  };

  State* const state;
  boost::asio::cancellation_signal writable_signal;
  short writable_error = 0;
  bool away = false;  // constant after construction
  bool stop_arrived = false;
  std::atomic<bool> stop_posted{false};  // accessed by any thread
  std::optional<boost::asio::steady_timer> timer;
  [[no_unique_address]] std::conditional_t<State::may_wait_elsewhere, elsewhere_state, no_elsewhere>
      elsewhere;
  std::shared_ptr<stop_gate::state> gate;  // of the registration's context
  std::optional<std::stop_callback<on_stop>> stop_callback;

 private:
  using storage = handler_storage<timer_storage, limit_state>;
  friend storage;
  static void deallocated(storage& of) noexcept { static_cast<limit_state&>(of).state->drop(); }

  void stop_requested() noexcept {
    auto const kept = gate;
    kept->pass([&] {
      if (state->events_.ask() != events::asked::expected) return;
      state->events_.expect();  // keeps the state alive until this callback has returned
      post_stop();
      if (state->events_.drop()) state->drop();
    });
  }
  void post_stop() noexcept {
    using handler = wait_handler<State, events::stop>;
    handler stops{*state, typename handler::expected_already{}};
    stop_posted.store(true, std::memory_order_relaxed);
    auto const post = [&] { detail::post(std::move(stops), state->registration_.get_executor()); };
    bool posted = true;
    try {
      auto const& gate_of_handler = state->gate_of_handler();
      if (gate_of_handler)
        posted = gate_of_handler->pass(post);
      else
        post();
    } catch (std::bad_alloc const&) {
      posted = false;
    } catch (boost::system::system_error const&) {
      posted = false;
    }
    if (!posted)
      // The operation checks the stop token at its next event.
      stop_posted.store(false, std::memory_order_relaxed);
  }
};

/// Additional state of an operation whose handler runs in another execution context than the registration's.
/// The work guard keeps the registration's loop from running out of work while a thread of the handler's
/// context runs the operation and no wait is outstanding.
template <class State>
struct remote_state final : limit_state<State>, stop_gate::dependent {
  using limit_state<State>::limit_state;

  std::optional<kept_work<typename State::io_executor>> keeps_running;
  // Of the handler's context, if a stop token can end the operation.
  std::shared_ptr<stop_gate::state> gate_of_handler;

 private:
  void release() noexcept override {
    this->timer.reset();
    this->state->registration_.release();
  }
};

/// Destroys what stands behind an operation's state, if anything does. Returns the size of its memory.
template <class State>
std::size_t destroy_limits(limit_state<State>* behind) noexcept {
  if (behind == nullptr) return 0;
  if (!behind->away) {
    behind->~limit_state();
    return sizeof *behind;
  }
  auto& remote = static_cast<remote_state<State>&>(*behind);
  remote.stop_callback.reset();  // blocks until a running callback, which uses the gate, has returned
  auto const gate = std::move(remote.gate);
  auto const destroyed = [&] { remote.~remote_state(); };
  gate->withdraw(remote, destroyed, destroyed);
  return sizeof remote;
}

}  // namespace trivium::detail
