// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The registration of a descriptor with the reactor of an execution context. This is the only file that
// passes a descriptor to Asio. Asio is used for waiting only: it never transfers a byte.
#pragma once

#include <trivium/config.hpp>

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/system/system_error.hpp>
#include <new>
#include <optional>
#include <trivium/detail/async/stop_gate.hpp>
#include <trivium/detail/forks.hpp>
#include <trivium/error.hpp>
#include <trivium/socket.hpp>
#include <utility>

namespace TRIVIUM_EXPORT trivium {
namespace detail {

/// A descriptor's registration with a reactor. It is shared by the socket, while that owns the descriptor,
/// and by the operations that wait for the descriptor. An operation reads from it whether the connection has
/// been closed or cancelled, because the connection itself may have been destroyed.
///
/// Effect: from the registration on, the descriptor is O_NONBLOCK, as Asio requires.
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
  /// Registers a descriptor, which must stay open until `end` is called.
  static reference of(int descriptor, boost::asio::any_io_executor const& executor, error_code& error,
                      room* in = nullptr) noexcept;

  registration(registration const&) = delete;
  registration& operator=(registration const&) = delete;

  /// Completes with void(error_code) when the descriptor is ready, or with operation_aborted after `cancel`
  /// or `end`.
  template <class Handler>
  void async_wait(boost::asio::socket_base::wait_type until, Handler handler) {
    in_reactor_->async_wait(static_cast<boost::asio::posix::descriptor_base::wait_type>(until),
                            std::move(handler));
  }

  /// Cancels the outstanding waits.
  void cancel() noexcept {
    ++cancellations_;
    error_code ignored;
    if (in_reactor_) in_reactor_->cancel(ignored);
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
    if (in_reactor_->get_executor() == of_connection)
      executor_ = &in_reactor_->get_executor();
    else
      keep_executor(of_connection);
  }
  /// Called when the executor's context is about to be destroyed.
  void forget_executor() noexcept { keep_executor({}); }

 private:
  friend class reference;
  using descriptor = boost::asio::posix::stream_descriptor;

  registration(int number, boost::asio::any_io_executor const& executor)
      : in_reactor_{std::in_place, executor},
        gate_{stop_gate::of(executor)},  // constructed after the reactor
        context_{context_of(executor)},
        after_forks_{forks()} {
    bool const in_time = gate_->pass([&] {
      in_reactor_->assign(number);
      gate_->add(*this);
    });
    if (!in_time) throw boost::system::system_error{boost::asio::error::operation_aborted};
  }
  ~registration() { gate_->finish(*this); }

  // Called when the last reference is released, or when the context is about to be destroyed.
  void release() noexcept override {
    forget_executor();
    leave();
    in_reactor_.reset();
    context_ = nullptr;  // a later context may have the same address
  }

  // Deregisters the descriptor without closing it. In the child of a fork that has not called notify_fork,
  // the epoll set is the parent's: there the descriptor is hidden while Asio deregisters it; see
  // hidden_descriptor.
  void leave() noexcept {
    if (!in_reactor_ || !in_reactor_->is_open()) return;
    if (forks() == after_forks_ || forks() == gate_->adopted_after_forks()) {
      in_reactor_->release();
    } else {
      hidden_descriptor const hides{in_reactor_->native_handle()};
      if (hides.hidden())
        in_reactor_->release();
      else  // Leak it: Asio would remove the parent's registration.
        static_cast<void>(new (std::nothrow) descriptor{std::move(*in_reactor_)});
    }
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
  std::optional<descriptor> in_reactor_;
  boost::asio::any_io_executor const* executor_ = nullptr;
  boost::asio::any_io_executor kept_executor_;  // destroyed before the descriptor's
  std::shared_ptr<stop_gate::state> const gate_;
  std::atomic<boost::asio::execution_context*> context_;  // null once the context is destroyed
  unsigned const after_forks_;
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

inline registration::reference registration::of(int descriptor, boost::asio::any_io_executor const& executor,
                                                error_code& error, room* in) noexcept {
  // The first reference is the socket's own. It is released by `end`.
  try {
    if (in == nullptr || in->memory_ == nullptr) return reference{*new registration{descriptor, executor}};
    auto* const made = ::new (in->memory_) registration{descriptor, executor};
    in->memory_ = nullptr;
    return reference{*made};
  } catch (std::bad_alloc const&) {
    error = {ENOMEM, boost::system::system_category()};
  } catch (boost::system::system_error const& refused) {
    error = refused.code();
  }
  return {};
}

inline registration::reference registration::of(socket& owner, boost::asio::any_io_executor const& executor,
                                                error_code& error, room* in) noexcept {
  auto* const context = context_of(executor);
  owner.end_registrations(
      [](auto& each) { return static_cast<registration&>(each).context_.load() == nullptr; });
  for (auto* each = owner.registrations(); each != nullptr; each = each->next()) {
    auto& found = static_cast<registration&>(*each);
    if (found.context_.load() == context) return reference{found};
  }
  if (!owner.is_open()) {
    error = {EBADF, boost::system::system_category()};
    return {};
  }
  auto made = of(owner.native_handle(), executor, error, in);
  if (made) owner.add(*made);
  return made;
}

}  // namespace detail
}  // namespace trivium
