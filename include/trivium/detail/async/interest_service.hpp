// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Waits for many connections of one event loop: an interest_set, for which Asio waits as for one descriptor.
#pragma once

#include <trivium/config.hpp>

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <trivium/detail/async/handler_storage.hpp>
#include <trivium/detail/async/reactor_descriptor.hpp>
#include <trivium/detail/async/set_policy.hpp>
#include <trivium/detail/interest_set.hpp>
#include <trivium/limits.hpp>
#include <trivium/trampoline.hpp>
#include <utility>

namespace TRIVIUM_EXPORT trivium {
namespace detail {

/// The interest set of an event loop.
///
/// The handlers of all that are ready are invoked one after another, until a budget of time is used up. Where
/// several threads run the loop, each goes on with what is left. `policy` says when a wait is cheaper here
/// than in the reactor.
///
/// Lifetime: a service of the loop's context. It is made before the stop gate, so that the gate closes, and
/// everything has left the set, before this is shut down.
///
/// Threads: any.
class interest_service final : public boost::asio::execution_context::service {
 public:
  using key_type = interest_service;
  inline static boost::asio::execution_context::id id;
  using member = interest_set::member;

  /// The longest time for which handlers are invoked before other work of the loop has its turn, except that
  /// a handler is never interrupted.
  static constexpr nanoseconds budget = std::chrono::microseconds{250};

  explicit interest_service(boost::asio::execution_context& context) : service{context} {}

  /// Whether a wait should be made here.
  set_policy policy;

  /// Adds a descriptor of a connection to the set. Returns 0 or an errno.
  int add(member& of, int descriptor, boost::asio::io_context& loop) noexcept {
    std::lock_guard const lock{mutex_};
    if (closed_) return ECANCELED;
    try {
      if (loop_ == nullptr) loop_ = &loop;
      if (int const error = set_.open(); error != 0) return error;
      if (!in_reactor_) in_reactor_.emplace(loop.get_executor());
      if (!in_reactor_->is_assigned()) in_reactor_->assign(set_.native_handle());
    } catch (boost::system::system_error const& refused) {
      return refused.code().value();
    } catch (std::bad_alloc const&) {
      return ENOMEM;
    }
    int const error = set_.add(of, descriptor);
    if (error == 0) policy.add_to_set();
    return error;
  }
  /// Removes it. Its waits complete with operation_aborted.
  void remove(member& of) noexcept {
    std::lock_guard const lock{mutex_};
    if (of.is_added()) policy.remove_from_set();
    set_.remove(of);
    complete_soon();
  }
  bool is_waited_for(member const& of) noexcept {
    std::lock_guard const lock{mutex_};
    return of.is_waited_for();
  }

  /// Completes with void(error_code), on the loop, when the descriptor is ready, or with operation_aborted
  /// after `cancel` or `remove`.
  ///
  /// Requires: the handler's associated executor is the loop's. Throws: std::bad_alloc of the handler's
  /// associated allocator.
  template <class Handler>
  void async_wait(member& of, readiness until, Handler handler) {
    using op = wait_op<Handler>;
    auto* const one = op::make(std::move(handler));
    try {
      if (auto slot = boost::asio::get_associated_cancellation_slot(one->handler()); slot.is_connected())
        slot.template emplace<on_cancel>(on_cancel{this, &of, one});
    } catch (...) {
      one->complete(outcome::dropped);
      throw;
    }
    std::lock_guard const lock{mutex_};
    if (int const error = set_.begin(*one, of, until); error != 0) set_.completed.add(*one, error);
    arm();
    complete_soon();
  }
  void cancel(member& of) noexcept {
    std::lock_guard const lock{mutex_};
    set_.cancel(of);
    complete_soon();
  }

  /// If handlers are about to be invoked, has the next wait for input complete behind them, without asking
  /// the kernel, and returns true. This is for a connection of which it is not known whether input is queued.
  /// While the handlers run its peer has time to answer, so that an attempt behind them more often finds
  /// input.
  bool wait_behind_others(member& of) noexcept {
    std::lock_guard const lock{mutex_};
    if (!invoked_alone_ || set_.completed.empty() || thread_ != std::this_thread::get_id()) return false;
    set_.complete_next(of);
    ++behind_others_;
    return true;
  }

  /// A receive of the calling thread has found the queue empty just now. No effect in a thread that does not
  /// run the loop: there an event may have been collected meanwhile.
  void drained(member& of) noexcept {
    std::lock_guard const lock{mutex_};
    if (thread_ == std::this_thread::get_id()) set_.drained(of);
  }

 private:
  enum class outcome { invoked, dropped };

  // A wait, and how its handler is invoked, or destroyed.
  struct pending_wait : interest_set::wait {
    using function = void(pending_wait&, outcome);
    explicit pending_wait(function* how) noexcept : complete_{how} {}
    void complete(outcome how) { complete_(*this, how); }

   private:
    function* const complete_;
  };

  template <class Handler>
  class wait_op final : public pending_wait {
   public:
    static wait_op* make(Handler handler) {
      allocator room{boost::asio::get_associated_allocator(handler)};
      return ::new (static_cast<void*>(room.allocate(1))) wait_op{std::move(handler)};
    }
    Handler const& handler() const noexcept { return handler_; }

   private:
    using allocator = typename std::allocator_traits<
        boost::asio::associated_allocator_t<Handler>>::template rebind_alloc<wait_op>;

    explicit wait_op(Handler handler) noexcept : pending_wait{&finish}, handler_{std::move(handler)} {}

    static void finish(pending_wait& of, outcome how) {
      auto& self = static_cast<wait_op&>(of);
      Handler handler{std::move(self.handler_)};
      error_code const error{self.error(), boost::system::system_category()};
      allocator room{boost::asio::get_associated_allocator(handler)};
      self.~wait_op();
      room.deallocate(&self, 1);
      if (how == outcome::invoked) std::move(handler)(error);
    }

    Handler handler_;
  };

  struct on_cancel {
    interest_service* self;
    member* of;
    interest_set::wait* one;
    void operator()(boost::asio::cancellation_type) const noexcept {
      std::lock_guard const lock{self->mutex_};
      self->set_.cancel(*one, *of);
      self->complete_soon();
    }
  };

  // What Asio invokes: that the set is readable, or that handlers are left to be invoked. Each has memory of
  // its own, so that neither allocates.
  struct storage : handler_storage<wait_storage, storage> {
    static void deallocated(handler_storage&) noexcept {}
  };
  struct on_readable {
    interest_service* self;
    using allocator_type = storage_allocator<std::byte, storage>;
    allocator_type get_allocator() const noexcept { return allocator_type{self->for_wait_}; }
    void operator()(error_code error) const { self->readable(error); }
  };
  struct on_rest {
    interest_service* self;
    using allocator_type = storage_allocator<std::byte, storage>;
    allocator_type get_allocator() const noexcept { return allocator_type{self->for_rest_}; }
    void operator()() const {
      {
        std::lock_guard const lock{self->mutex_};
        self->rest_posted_ = false;
        self->runs_here();
      }
      self->invoke();
    }
  };

  // Invokes the handlers of the waits that have completed. What the budget, a stop of the loop or an
  // exception leaves is posted. Unless a trampoline says that no other thread runs the loop, it is posted
  // before each handler: another thread may go on with it, and so does a handler that runs the loop itself.
  void invoke() {
    bool const alone = async::trampoline::installed_for(*loop_);
    struct rest {
      interest_service* self;
      ~rest() {
        std::lock_guard const lock{self->mutex_};
        self->invoked_alone_ = false;
        self->complete_soon();
      }
    } const is_posted{this};
    auto const until = later(now(), budget);
    for (unsigned invoked = 0;; ++invoked) {
      if (invoked != 0 && (loop_->stopped() || (invoked % 4 == 0 && now() >= until))) return;
      auto* const next = take(alone);
      if (next == nullptr) return;
      next->complete(outcome::invoked);
    }
  }
  pending_wait* take(bool alone) noexcept {
    std::lock_guard const lock{mutex_};
    invoked_alone_ = alone;
    auto* const taken = set_.completed.take();
    complete_soon();
    return static_cast<pending_wait*>(taken);
  }

  void readable(error_code error) {
    {
      std::lock_guard const lock{mutex_};
      armed_ = false;
      runs_here();
      if (!error)
        policy.observe(set_.collect() + std::exchange(behind_others_, 0));
      else if (error != boost::asio::error::operation_aborted)
        set_.complete_all(error.value());
      arm();
    }
    invoke();
  }

  // The following require the mutex.

  // Waits for the set if anything waits in it.
  void arm() {
    if (armed_ || closed_ || set_.waiting() == 0) return;
    in_reactor_->async_wait(boost::asio::socket_base::wait_read, on_readable{this});
    armed_ = true;
  }
  // Has the handlers of the waits that have completed invoked, and ends the wait for the set if it has no
  // purpose.
  void complete_soon() noexcept {
    if (closed_ || invoked_alone_) return;
    if (armed_ && set_.waiting() == 0) {
      in_reactor_->cancel();
    } else if (!set_.completed.empty() && !rest_posted_) {
      boost::asio::post(*loop_, on_rest{this});
      rest_posted_ = true;
    }
  }

  void runs_here() noexcept {
    auto const here = std::this_thread::get_id();
    if (thread_ == here) return;
    thread_ = here;
    if (++threads_seen_ > most_threads_seen) policy.prefer_reactor();
  }

  void shutdown() override {
    interest_set::wait_queue dropped;
    {
      std::lock_guard const lock{mutex_};
      closed_ = true;
      std::swap(dropped, set_.completed);
      if (in_reactor_) in_reactor_->leave(adopted_after_forks_);
      in_reactor_.reset();
    }
    while (auto* const next = dropped.take()) static_cast<pending_wait*>(next)->complete(outcome::dropped);
  }

  void notify_fork(boost::asio::execution_context::fork_event what) override {
    if (what != boost::asio::execution_context::fork_child) return;
    std::lock_guard const lock{mutex_};
    adopted_after_forks_ = forks();
    thread_ = {};
    if (!in_reactor_) return;
    // The wait for the set completes with operation_aborted, and on_readable begins another.
    in_reactor_->leave(adopted_after_forks_);
    int const error = set_.adopt();
    complete_soon();
    if (error != 0) throw boost::system::system_error{error_code{error, boost::system::system_category()}};
    in_reactor_->assign(set_.native_handle());
  }

  static constexpr unsigned most_threads_seen = 8;  // a loop may be run by one thread after another

  std::mutex mutex_;
  interest_set set_;
  std::optional<reactor_descriptor> in_reactor_;
  boost::asio::io_context* loop_ = nullptr;
  bool armed_ = false, rest_posted_ = false, invoked_alone_ = false, closed_ = false;
  std::thread::id thread_;  // the last that ran the loop
  unsigned threads_seen_ = 0;
  std::size_t behind_others_ = 0;  // since the set was collected
  unsigned adopted_after_forks_ = forks();
  storage for_wait_, for_rest_;
};

}  // namespace detail
}  // namespace trivium
