// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The completion of a transfer that its first system call has completed: no operation is constructed for it.
#pragma once

#include <trivium/config.hpp>

#include <cstddef>
#include <trivium/detail/async/block.hpp>
#include <trivium/detail/async/completion_op.hpp>
#include <trivium/transfer_result.hpp>
#include <tuple>
#include <utility>

namespace trivium::detail {

/// A result on its way to a handler. It stands in the memory that was allocated for an `OperationState`.
///
/// Lifetime: deletes itself before the handler is invoked, or when the posted handler is destroyed because
/// its execution context is destroyed. Threads: one at a time, since nothing else refers to it.
template <class OperationState, class Registration, class Handler>
class completed_call final
    : public completion_op<completed_call<OperationState, Registration, Handler>, Registration, Handler> {
  using completion = completion_op<completed_call, Registration, Handler>;
  using allocator = allocator_of<Handler>;
  using memory = block<OperationState, allocator>;

 public:
  /// Constructs it in `room`, which it takes over, and posts the handler. Requires: the room has no memory
  /// behind the state.
  static void post(memory& room, Registration&& at, Handler& handler, transfer_result const& result) {
    static_assert(sizeof(completed_call) <= sizeof(OperationState));
    static_assert(alignof(completed_call) <= alignof(std::max_align_t) ||
                  alignof(completed_call) <= alignof(OperationState));
    auto* const self = ::new (room.first()) completed_call{std::move(at), handler, result};
    room.keep();
    self->post_completion();
  }

  // What its wait_handler and completion_op ask for.
  void expected() noexcept {}
  template <events::event>
  using storage_for = handler_storage<wait_storage, completed_call>;
  template <events::event>
  storage_for<events::go>& storage() noexcept {
    return *this;
  }
  template <events::event>
  static boost::asio::cancellation_slot slot() noexcept {
    return {};
  }
  template <events::event>
  void arrived(error_code) {
    this->complete();
  }
  void dropped() noexcept { this->drop(); }

  std::size_t bytes() const noexcept { return result_.bytes; }
  std::tuple<transfer_result> arguments() const noexcept { return {result_}; }
  struct no_work {};
  static no_work take_work() noexcept { return {}; }
  bool await_storage() noexcept { return this->await(); }
  void destroy(allocator from) noexcept {
    memory const freed{from, reinterpret_cast<OperationState*>(this), 0};
    this->~completed_call();
  }

 private:
  completed_call(Registration&& at, Handler& handler, transfer_result const& result)
      : completion{std::move(at), handler}, result_{result} {}

  transfer_result result_;
};

}  // namespace trivium::detail
