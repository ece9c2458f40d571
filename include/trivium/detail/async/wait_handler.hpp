// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The intermediate handler of an asynchronous operation: what Asio invokes when a wait completes.
#pragma once

#include <trivium/config.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <cstddef>
#include <cstdint>
#include <trivium/detail/async/events.hpp>
#include <trivium/detail/async/handler_storage.hpp>
#include <trivium/error.hpp>
#include <utility>

namespace trivium::detail {

/// The intermediate handler of one event of the operation whose state is `State`. Asio invokes it when a wait
/// completes, or when what the operation posted is executed. It is destroyed without being invoked if its
/// execution context is destroyed; then it releases its reference to the state.
///
/// `State` has these members:
///   - `executor_type`, `get_executor()`: where the handler of the operation runs.
///   - `expected()`: one more event is outstanding; `arrived<What>(error)`: it has been delivered;
///     `dropped()`: it will not be.
///   - `storage_for<What>`, `storage<What>()`: the memory for it; `slot<What>()`: its cancellation slot.
template <class State, events::event What>
class wait_handler {
 public:
  explicit wait_handler(State& of) noexcept : state_{reinterpret_cast<std::uintptr_t>(&of)} { of.expected(); }
  // For an event that `events::ask` has already counted as expected.
  struct expected_already {};
  wait_handler(State& of, expected_already) noexcept : state_{reinterpret_cast<std::uintptr_t>(&of)} {}
  wait_handler(wait_handler&& from) noexcept : state_{std::exchange(from.state_, from.state_ | moved_from)} {}
  ~wait_handler() {
    if ((state_ & moved_from) == 0) of().dropped();
  }

  using executor_type = typename State::executor_type;
  decltype(auto) get_executor() const noexcept { return of().get_executor(); }

  using allocator_type = storage_allocator<std::byte, typename State::template storage_for<What>>;
  allocator_type get_allocator() const noexcept { return allocator_type{of().template storage<What>()}; }

  using cancellation_slot_type = boost::asio::cancellation_slot;
  cancellation_slot_type get_cancellation_slot() const noexcept { return of().template slot<What>(); }

  void operator()(error_code error = {}) {
    auto& arrives_at = of();
    state_ |= moved_from;
    arrives_at.template arrived<What>(error);
  }

 private:
  // Set when the handler was moved from or invoked. The address of the state stays valid: if a wait cannot
  // be started, Asio deallocates the memory of the wait through a handler that has been moved from. The
  // flag is the lowest bit of the address, because the memory for Asio's intermediate handler is of fixed
  // size and a separate member would make the handler larger.
  static constexpr std::uintptr_t moved_from = 1;
  State& of() const noexcept { return *reinterpret_cast<State*>(state_ & ~moved_from); }

  std::uintptr_t state_;
};

}  // namespace trivium::detail
