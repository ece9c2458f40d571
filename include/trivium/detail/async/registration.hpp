// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The registration of a descriptor with the reactor of an execution context, or with its loop's interest set.
#pragma once

#include <trivium/config.hpp>

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/system/system_error.hpp>
#include <new>
#include <optional>
#include <trivium/detail/async/interest_service.hpp>
#include <trivium/detail/async/loop.hpp>
#include <trivium/detail/async/reactor_descriptor.hpp>
#include <trivium/detail/async/stop_gate.hpp>
#include <trivium/detail/forks.hpp>
#include <trivium/error.hpp>
#include <trivium/socket.hpp>
#include <utility>

namespace TRIVIUM_EXPORT trivium {
namespace detail {

/// A descriptor's registration with an execution context. It is shared by the socket, while that owns the
/// descriptor, and by the operations that wait for the descriptor. An operation reads from it whether the
/// connection has been closed or cancelled, because the connection itself may have been destroyed.
///
/// Effect: each wait is made in the reactor, or in the interest set of the loop, whichever is cheaper; see
/// interest_service. From the first wait in the reactor on, the descriptor is O_NONBLOCK, as Asio requires.
///
/// Lifetime: reference-counted. The socket's own reference is released by `end`.
///
/// Cancellation: `cancel` cancels the outstanding waits; `end` also deregisters the descriptor. Neither
/// closes it.
///
/// Threads: as for the asynchronous operations of one connection, one thread at a time. That includes `end`.
class registration final : public descriptor_registration, stop_gate::dependent {
 public:
  class reference;

  /// Memory for one registration. A connection allocates it when it is constructed, so that its first wait
  /// allocates nothing. If the allocation fails, the first wait tries again.
  class room {
   public:
    room() noexcept : memory_{::operator new(sizeof(registration), std::nothrow)} {}
    room(room&& from) noexcept : memory_{std::exchange(from.memory_, nullptr)} {}
    room& operator=(room&& from) noexcept {
      std::swap(memory_, from.memory_);
      return *this;
    }
    ~room() { ::operator delete(memory_); }

   private:
    friend class registration;
    void* memory_;
  };

  /// Returns the registration of the socket's descriptor in the context of `executor`, and creates it if
  /// there is none. Errors: EBADF if the socket is closed; those of epoll_create1(2) and epoll_ctl(2);
  /// ENOMEM.
  static reference of(socket& owner, boost::asio::any_io_executor const& executor, error_code& error,
                      room* in = nullptr) noexcept;
  /// Registers a descriptor with the reactor. It must stay open until `end` is called.
  static reference of(int descriptor, boost::asio::any_io_executor const& executor,
                      error_code& error) noexcept;

  registration(registration const&) = delete;
  registration& operator=(registration const&) = delete;

  /// The socket's first registration with an execution context, or null; and the one after this.
  static registration* first_of(socket const& owner) noexcept { return from(owner.registrations()); }
  registration* next_of_context() const noexcept { return from(next()); }

  /// The number of the descriptor.
  int descriptor() const noexcept { return number_; }

  /// Whether the next wait is to be made in the interest set. The descriptor is then there; otherwise it is
  /// in the reactor. It leaves the other one if nothing waits for it there. `of_handler`: the executor of the
  /// handler of the wait.
  template <class Executor>
  bool choose_set(Executor const& of_handler) noexcept {
    if (set_ == nullptr || ended_) return false;
    bool const preferred = set_->policy.prefers_set();
    if (!preferred && !in_set_.is_added()) return false;  // it is in the reactor
    return enter(preferred, loop_of(of_handler) == loop_);
  }
  /// A wait in the reactor: completes with void(error_code) when the descriptor is ready, with
  /// operation_aborted after `cancel` or `end`, or with EBADF if the reactor cannot take the descriptor.
  /// Throws what Asio throws when a wait is started.
  template <class Handler>
  void async_wait(boost::asio::socket_base::wait_type until, Handler handler) {
    if (!in_reactor_.is_assigned() && !ended_) enter_reactor();
    waits_in_reactor_.fetch_add(1, std::memory_order_relaxed);
    in_reactor_.async_wait(until, std::move(handler));
  }
  /// So many of these waits have completed.
  void completed_in_reactor(unsigned waits) noexcept {
    waits_in_reactor_.fetch_sub(waits, std::memory_order_relaxed);
  }
  /// The same in the set.
  template <class Handler>
  void async_wait_in_set(readiness until, Handler handler) {
    set_->async_wait(in_set_, until, std::move(handler));
  }

  /// A receive of this thread has found the descriptor's queue empty, just now.
  void drained() noexcept {
    if (in_set_.is_added()) set_->drained(in_set_);
  }
  /// In the interest set: whether a receive should begin with a wait there, since the queue is known to be
  /// empty, or since other handlers are about to be invoked. Otherwise nothing.
  std::optional<bool> expects_to_wait() noexcept {
    if (!in_set_.can_be_drained()) return {};
    return in_set_.is_drained() || set_->wait_behind_others(in_set_);
  }

  /// Cancels the outstanding waits.
  void cancel() noexcept {
    ++cancellations_;
    in_reactor_.cancel();
    if (in_set_.is_added()) set_->cancel(in_set_);
  }
  /// How many times `cancel` was called.
  unsigned cancellations() const noexcept { return cancellations_; }

  /// Cancels the outstanding waits and deregisters the descriptor, for good. Does not close it. Releases the
  /// socket's reference.
  void end() noexcept override {
    ended_ = true;
    gate_->pass([&] { leave(); });
    drop_reference();
  }
  bool ended() const noexcept { return ended_; }

  /// The executor of the connection, for handlers that have none. It stays valid if the connection is
  /// destroyed. Empty until it is set.
  boost::asio::any_io_executor const& executor() const noexcept { return *executor_; }
  bool has_executor() const noexcept { return executor_ != nullptr; }
  void set_executor(boost::asio::any_io_executor const& of_connection) noexcept {
    // Asio does less work if the handler's executor is the same object as the executor of the descriptor.
    if (in_reactor_.get_executor() == of_connection)
      executor_ = &in_reactor_.get_executor();
    else
      keep_executor(of_connection);
  }
  /// Called when the executor's context is about to be destroyed.
  void forget_executor() noexcept { keep_executor({}); }

 private:
  friend class reference;

  static registration* from(descriptor_registration* first) noexcept {
    while (first != nullptr && first->registered_with() != loop_kind::context) first = first->next();
    return static_cast<registration*>(first);
  }

  registration(int number, boost::asio::any_io_executor const& executor, boost::asio::io_context* loop)
      : descriptor_registration{loop_kind::context},
        number_{number},
        in_reactor_{executor},
        gate_{stop_gate::of(executor)},  // constructed after the reactor
        loop_{loop},
        context_{context_of(executor)} {
    bool const in_time = gate_->pass([&] {
      if (loop_ != nullptr) set_ = &boost::asio::use_service<interest_service>(*loop_);
      bool const in_set = set_ != nullptr && set_->policy.prefers_set() && enter_set();
      if (!in_set) in_reactor_.assign(number_);
      if (set_ != nullptr) set_->policy.add_connection();
      gate_->add(*this);
    });
    if (!in_time) throw boost::system::system_error{boost::asio::error::operation_aborted};
  }
  ~registration() { gate_->finish(*this); }

  static reference make(int descriptor, boost::asio::any_io_executor const& executor,
                        boost::asio::io_context* loop, error_code& error, room* in) noexcept;

  [[gnu::noinline]] bool enter(bool set_preferred, bool runs_on_loop) noexcept {
    if (set_preferred && runs_on_loop && enter_set()) return true;
    return !enter_reactor() && runs_on_loop;
  }
  bool enter_set() noexcept {
    if (!in_set_.is_added() && set_->add(in_set_, number_, *loop_) != 0) {
      set_->policy.refuse();
      return false;
    }
    if (waits_in_reactor_.load(std::memory_order_relaxed) == 0)
      in_reactor_.leave(gate_->adopted_after_forks());
    return true;
  }
  bool enter_reactor() noexcept {
    if (!in_reactor_.is_assigned()) {
      try {
        in_reactor_.assign(number_);
      } catch (std::bad_alloc const&) {
        return false;
      } catch (boost::system::system_error const&) {
        return false;
      }
    }
    if (in_set_.is_added() && !set_->is_waited_for(in_set_)) set_->remove(in_set_);
    return true;
  }

  // Called when the last reference is released, or when the context is about to be destroyed.
  void release() noexcept override {
    forget_executor();
    leave();
    in_reactor_.forget_executor();
    if (set_ != nullptr) set_->policy.remove_connection();
    set_ = nullptr;
    context_ = nullptr;  // a later context may have the same address
  }

  // Removes the descriptor from the reactor and from the set, without closing it.
  void leave() noexcept {
    in_reactor_.leave(gate_->adopted_after_forks());
    if (in_set_.is_added()) set_->remove(in_set_);
  }

  void keep_executor(boost::asio::any_io_executor const& kept) noexcept {
    kept_executor_ = kept;
    executor_ = &kept_executor_;
  }

  void add_reference() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  void drop_reference() noexcept {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  std::atomic<unsigned> references_{1};
  unsigned cancellations_ = 0;
  bool ended_ = false;
  int const number_;
  reactor_descriptor in_reactor_;
  std::atomic<unsigned> waits_in_reactor_{0};
  boost::asio::any_io_executor const* executor_ = nullptr;
  boost::asio::any_io_executor kept_executor_;  // destroyed before the descriptor's
  std::shared_ptr<stop_gate::state> const gate_;
  boost::asio::io_context* const loop_;  // null: only the reactor is used
  interest_service* set_ = nullptr;      // null as well once the context is destroyed
  interest_set::member in_set_;
  std::atomic<boost::asio::execution_context*> context_;  // null once the context is destroyed
};

/// A reference to a registration, or none.
class registration::reference {
 public:
  reference() noexcept = default;
  explicit reference(registration& to) noexcept : to_{&to} { to_->add_reference(); }
  reference(reference&& from) noexcept : to_{std::exchange(from.to_, nullptr)} {}
  reference& operator=(reference&& from) noexcept {
    std::swap(to_, from.to_);
    return *this;
  }
  ~reference() {
    if (to_ != nullptr) to_->drop_reference();
  }

  /// Requires: it refers to none.
  void share(registration& of) noexcept {
    to_ = &of;
    of.add_reference();
  }

  explicit operator bool() const noexcept { return to_ != nullptr; }
  registration* operator->() const noexcept { return to_; }
  registration& operator*() const noexcept { return *to_; }

 private:
  registration* to_ = nullptr;
};

inline registration::reference registration::make(int descriptor,
                                                  boost::asio::any_io_executor const& executor,
                                                  boost::asio::io_context* loop, error_code& error,
                                                  room* in) noexcept {
  // The first reference is the socket's own. It is released by `end`.
  try {
    if (in == nullptr || in->memory_ == nullptr)
      return reference{*new registration{descriptor, executor, loop}};
    auto* const made = ::new (in->memory_) registration{descriptor, executor, loop};
    in->memory_ = nullptr;
    return reference{*made};
  } catch (std::bad_alloc const&) {
    error = {ENOMEM, boost::system::system_category()};
  } catch (boost::system::system_error const& refused) {
    error = refused.code();
  }
  return {};
}

inline registration::reference registration::of(int descriptor, boost::asio::any_io_executor const& executor,
                                                error_code& error) noexcept {
  return make(descriptor, executor, nullptr, error, nullptr);
}

inline registration::reference registration::of(socket& owner, boost::asio::any_io_executor const& executor,
                                                error_code& error, room* in) noexcept {
  auto* const context = context_of(executor);
  owner.end_registrations([](auto& each) {
    return each.registered_with() == loop_kind::context &&
           static_cast<registration&>(each).context_.load() == nullptr;
  });
  for (auto* each = first_of(owner); each != nullptr; each = each->next_of_context())
    if (each->context_.load() == context) return reference{*each};
  if (!owner.is_open()) {
    error = {EBADF, boost::system::system_category()};
    return {};
  }
  auto made = make(owner.native_handle(), executor, loop_of(executor), error, in);
  if (made) owner.add(*made);
  return made;
}

}  // namespace detail
}  // namespace trivium
