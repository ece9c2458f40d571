// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// How the state of an asynchronous operation is allocated and begins.
#pragma once

#include <trivium/config.hpp>

#include <new>
#include <trivium/detail/async/completed_call.hpp>
#include <trivium/detail/async/completion.hpp>
#include <trivium/detail/async/first_call.hpp>
#include <trivium/detail/async/kept_work.hpp>
#include <trivium/detail/async/limit_state.hpp>
#include <trivium/detail/async/operation_state.hpp>
#include <trivium/detail/async/stop_gate.hpp>
#include <type_traits>
#include <utility>

namespace trivium::detail {

/// Begins an operation whose handler runs in another context than the registration's. (If the registration's
/// context is being destroyed, nothing is begun, and the handler is destroyed without being invoked.)
template <class State, class Make, class Registration, class Handler>
void start_away(typename State::memory& room, Make& make, Registration& at, Handler& handler,
                interest waits_for) {
  auto const gate = stop_gate::of(at.get_executor());
  gate->pass([&] {
    kept_work<typename State::io_executor> keeps_running{gate, at.get_executor()};
    auto* const state = ::new (room.first()) State{make, std::move(at), handler};
    auto* const more = ::new (room.second()) remote_state<State>{*state};
    more->away = true;
    more->gate = gate;
    more->keeps_running.emplace(std::move(keeps_running));
    gate->add(*more);
    state->set_limits(*more);
    room.keep();
    state->begin([&] {
      if (state->stop_token().stop_possible()) more->gate_of_handler = stop_gate::of(state->get_executor());
      return state->first_advance(waits_for);
    });
  });
}

/// Begins a transfer with one system call. Requires: nothing but the peer can end the transfer.
template <class State, class Call, class Registration, class Handler>
void start_with_call(typename State::memory& room, Call const& call, Registration& at, Handler& handler) {
  auto const n = call.make(may_block::no);
  if (call.completed_by(n)) {
    auto const result = call.result(n);
    at.observe(result, Call::moving);
    return completed_call<State, Registration, Handler>::post(room, std::move(at), handler, result);
  }
  auto const remainder = [&] { return call.remainder(n, may_block::no); };
  auto* const state = ::new (room.first()) State{remainder, std::move(at), handler};
  room.keep();
  state->begin([&] { return state->after_first_call(); });
}

/// Allocates the state, constructs in it the operation that `make()` returns, and begins it. `timed`: a limit
/// or a stop token can end the operation, or it may have to try again after a time.
///
/// Requires: `how.call` is empty if `timed`; moving the handler does not throw. Errors: throws
/// std::bad_alloc, and has no effect, if the memory to begin cannot be allocated. If bytes have been
/// transferred by then, the handler is invoked with ENOMEM instead. (Posting the handler may itself allocate
/// memory, as posting to a strand does; if that fails too, this function throws although bytes were
/// transferred.)
template <class Operation, class Registration, class Handler, class Make>
void start_operation(Make make, bool timed, Registration at, Handler& handler,
                     beginning<Operation> const& how = {}) {
  using state = operation_state<Operation, Registration, Handler>;
  bool const elsewhere = completes_on_another_executor(handler, at);
  bool const away = elsewhere && context_of(get_executor_of(handler, at)) != context_of(at.get_executor());
  timed = timed || elsewhere || state::may_wait_elsewhere;
  typename state::memory room{get_allocator_of(handler), away    ? sizeof(remote_state<state>)
                                                         : timed ? sizeof(limit_state<state>)
                                                                 : 0};
  if constexpr (!std::is_same_v<decltype(how.call), no_call>)
    if (how.call && !elsewhere) return start_with_call<state>(room, how.call, at, handler);
  if (away) return start_away<state>(room, make, at, handler, how.waits_for);
  auto* const begun = ::new (room.first()) state{make, std::move(at), handler};
  if (timed) begun->set_limits(*::new (room.second()) limit_state<state>{*begun});
  room.keep();
  begun->begin([&] { return begun->first_advance(how.waits_for); });
}

}  // namespace trivium::detail
