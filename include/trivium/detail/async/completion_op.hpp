// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// How the handler of a completed operation is posted, and invoked once the operation's memory is deallocated.
#pragma once

#include <trivium/config.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <trivium/detail/async/completion.hpp>
#include <trivium/detail/async/events.hpp>
#include <trivium/detail/async/handler_storage.hpp>
#include <trivium/detail/async/wait_handler.hpp>
#include <trivium/limits.hpp>
#include <trivium/trampoline.hpp>
#include <tuple>
#include <type_traits>
#include <utility>

namespace trivium::detail {

/// The part of an operation's state that completes it: the handler, the registration whose executor the
/// handler may run on, and the memory that Asio needs to queue an intermediate handler. `State` derives from
/// it, and has these members:
///   - `bytes()`: how many the operation has transferred.
///   - `arguments()`: the handler's arguments.
///   - `take_work()`: what must exist while the handler is invoked.
///   - `destroy(allocator)`: destroys the state and deallocates its memory.
///   - `await_storage()`: whether an intermediate handler is still in the state's memory. If so, `drop` is
///     called again once that memory is deallocated.
template <class State, class Registration, class Handler>
class completion_op : public handler_storage<wait_storage, State> {
 public:
  using io_executor = std::remove_cvref_t<decltype(std::declval<Registration&>().get_executor())>;
  using executor_type = boost::asio::associated_executor_t<Handler, io_executor>;

  using io_context = boost::asio::io_context;
  using trampoline = async::trampoline;

  completion_op(Registration&& at, Handler& handler)
      : handler_{std::move(handler)}, registration_{std::move(at)} {}

  /// Returns a reference to the registration's executor if the handler has no executor of its own.
  decltype(auto) get_executor() noexcept { return get_executor_of(handler_, registration_); }

  /// Posts the completion, or hands it to the trampoline of this thread. This must be the last use of *this.
  /// If the post fails, Asio destroys the posted handler, which holds the last reference, and that frees the
  /// state.
  void post_completion() {
    // Determine the loop now: the connection, and its executor, may be destroyed before the completion runs.
    loop_ = loop_of(get_executor());
    completion_posted_ = true;
    if (loop_ == nullptr)
      return detail::post(wait_handler<State, events::go>{self()}, registration_.get_executor());
    auto const invoke = [](void* state, trampoline::invocation how) {
      static_cast<State*>(state)->invoke_posted(how);
    };
    if (!trampoline::take(loop_, self().bytes(), {&self(), invoke}))
      post_to(*loop_, wait_handler<State, events::go>{self()});
  }
  void invoke_posted(trampoline::invocation how) {
    wait_handler<State, events::go> handler{self()};
    if (how == trampoline::invocation::posted)
      post_to(*loop_, std::move(handler));
    else
      handler();
  }

  /// Invokes the handler, and after it the handlers that the trampoline has queued meanwhile.
  void complete() {
    trampoline::handler_call call{loop(), self().bytes()};
    upcall{self()}.call();
    call.invoke_queued();
  }

  /// What is left of the operation when its handler is invoked: the handler, and its arguments.
  ///
  /// Make a local copy of the handler, by move, so that the memory can be deallocated before the upcall is
  /// made. The handler may start the next operation, which can then reuse this memory. The copy is also
  /// needed because a sub-object of the handler may be the true owner of the memory that its allocator uses:
  /// the copy keeps that owner alive until the memory has been deallocated.
  class upcall {
   public:
    explicit upcall(State& of) noexcept
        : work_{of.take_work()}, handler_{std::move(of.handler_)}, arguments_{of.arguments()} {
      if (auto slot = boost::asio::get_associated_cancellation_slot(handler_); slot.is_connected())
        slot.clear();
      of.destroy(get_allocator_of(handler_));
    }
    upcall(upcall const&) = delete;
    upcall& operator=(upcall const&) = delete;

    void call() { std::apply(std::move(handler_), std::move(arguments_)); }

   private:
    decltype(std::declval<State&>().take_work()) work_;
    Handler handler_;
    decltype(std::declval<State&>().arguments()) arguments_;
  };

  /// Frees the state without invoking the handler.
  void drop() noexcept {
    if (self().await_storage()) return;
    registration_.leave();
    // Keeps alive what the allocator allocates from, if the handler owns that.
    auto const handler = std::move(handler_);
    self().destroy(get_allocator_of(handler));
  }
  // Called when Asio has deallocated the memory of an intermediate handler.
  static void deallocated(handler_storage<wait_storage, State>& of) noexcept {
    static_cast<completion_op&>(of).drop();
  }

  // (The members here and in `waits` are small, and stand in each other's padding, so that Asio recycles the
  // block.)
  Handler handler_;
  union {
    time_point waiting_since_{};  // the operation's, until it has ended
    io_context* loop_;            // the loop that invokes the handler, once `completion_posted_`
  };
  [[no_unique_address]] Registration registration_;

 private:
  State& self() noexcept { return static_cast<State&>(*this); }

  // The io_context that invokes the handler, if a trampoline is installed in this thread.
  io_context* loop() noexcept {
    if (!trampoline::any()) return nullptr;
    return completion_posted_ ? loop_ : loop_of(get_executor());
  }

  bool completion_posted_ = false;
};

}  // namespace trivium::detail
