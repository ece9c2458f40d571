// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Under the async way, in any execution context: "this descriptor is ready", "it is time", "stop was asked".
// The only file that takes a place in Asio's reactor; Asio never moves a byte.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <mutex>
#include <new>
#include <trivium/channel.hpp>
#include <trivium/limits.hpp>
#include <trivium/transfer_result.hpp>
#include <utility>

namespace trivium {

inline boost::asio::socket_base::wait_type wait_type(wants::direction until) noexcept {
  // Of either, the one that time does not mend: what is held back is looked at again.
  return until == wants::direction::writable ? boost::asio::socket_base::wait_write
                                             : boost::asio::socket_base::wait_read;
}

/// What a wait that failed tells the operation, which did not end it itself: nobody but the connection's
/// owner cancels it then, by close() or cancel().
inline error_code wait_failed(int code) noexcept {
  if (code == boost::asio::error::operation_aborted) return errc::stopped;
  return {code, boost::system::system_category()};
}

/// A descriptor's place in an executor's reactor, taken at the first wait and left without closing it. The
/// descriptor is O_NONBLOCK from the first wait on, as Asio wants it.
class reactor_place {
 public:
  explicit reactor_place(boost::asio::any_io_executor executor) noexcept : place_{std::move(executor)} {}
  reactor_place(reactor_place&&) = default;
  reactor_place& operator=(reactor_place&& from) {
    leave();
    place_ = std::move(from.place_);
    return *this;
  }
  ~reactor_place() { leave(); }

  boost::asio::any_io_executor const& get_executor() noexcept { return place_.get_executor(); }

  /// Waits until `descriptor` is ready, then calls handler(error_code); operation_aborted after `leave`. One
  /// that differs from the last takes a new place.
  template <class Handler>
  void wait(int descriptor, boost::asio::socket_base::wait_type until, Handler handler) {
    if (place_.native_handle() != descriptor) {
      leave();
      error_code error;
      try {
        place_.assign(descriptor, error);
      } catch (std::bad_alloc const&) {
        error = {ENOMEM, boost::system::system_category()};
      }
      if (error)
        return boost::asio::post(place_.get_executor(), boost::asio::append(std::move(handler), error));
    }
    place_.async_wait(static_cast<boost::asio::posix::descriptor_base::wait_type>(until), std::move(handler));
  }

  /// The same for the descriptor that `of`, which owns this place, has when the wait begins: with a lazy
  /// token that may be later, and the number then be somebody else's.
  template <class Connection, class Token>
  auto async_wait(Connection const& of, boost::asio::socket_base::wait_type until, Token&& token) {
    return boost::asio::async_initiate<Token, void(error_code)>(
        [](auto handler, reactor_place* self, Connection const* owner,
           boost::asio::socket_base::wait_type for_what) {
          self->wait(owner->native_handle(), for_what, std::move(handler));
        },
        token, this, &of, until);
  }

  /// Ends the waits under way; the descriptor is nobody's business here any more.
  void leave() noexcept {
    if (place_.is_open()) place_.release();
  }

 private:
  boost::asio::posix::stream_descriptor place_;
};

/// Who waits for an operation on a connection that has a place in a reactor already: an Asio socket, a
/// trivium::stream or tls_stream. Borrows it.
template <class Connection>
class borrowed_place {
 public:
  explicit borrowed_place(Connection& of) noexcept : connection_{&of} {}

  decltype(auto) get_executor() noexcept { return connection_->get_executor(); }
  /// Whether it was closed, or given another descriptor, while an operation on `descriptor` was under way.
  bool lost(int descriptor) noexcept { return connection_->native_handle() != descriptor; }
  template <class Handler>
  void async_wait(wants what, Handler handler) {
    connection_->async_wait(wait_type(what.until), std::move(handler));
  }
  /// Nothing to leave: other operations may be waiting at the same place.
  static constexpr bool shared = true;
  void leave() noexcept {}

  /// What a receive came to.
  void learn(transfer_result const& received) noexcept {
    if constexpr (requires { connection_->learn(received); }) connection_->learn(received);
  }

 private:
  Connection* connection_;
};

/// Who waits for an operation that owns its descriptors, or works on one without a place: for each wait it
/// takes a place and leaves it, since the next wait may be for another descriptor of the same number.
class own_place {
 public:
  explicit own_place(boost::asio::any_io_executor executor) noexcept : place_{std::move(executor)} {}

  auto const& get_executor() noexcept { return place_.get_executor(); }
  bool lost(int) noexcept { return false; }
  template <class Handler>
  void async_wait(wants what, Handler handler) {
    place_.wait(what.descriptor, wait_type(what.until), std::move(handler));
  }
  static constexpr bool shared = false;
  void leave() noexcept { place_.leave(); }
  void learn(transfer_result const&) noexcept {}

 private:
  reactor_place place_;
};

/// Lets a stop that comes from another thread into an execution context, or not any more: a post that races
/// with the context's destruction would be a data race. The gate closes before the reactor and the scheduler
/// are shut down.
class stop_gate final : public boost::asio::execution_context::service {
 public:
  using key_type = stop_gate;
  inline static boost::asio::execution_context::id id;

  /// Outlives the context: held by those who may still knock.
  class state {
   public:
    /// Calls `enter()` unless the context is being destroyed; it does not begin to be meanwhile.
    template <class Function>
    void pass(Function enter) {
      std::lock_guard const lock{mutex_};
      if (open_) enter();
    }
    void close() {
      std::lock_guard const lock{mutex_};
      open_ = false;
    }

   private:
    std::mutex mutex_;
    bool open_ = true;
  };

  explicit stop_gate(boost::asio::execution_context& context)
      : service{context}, state_{std::make_shared<state>()} {}

  template <class Executor>
  static std::shared_ptr<state> of(Executor const& executor) {
    auto& context = boost::asio::query(executor, boost::asio::execution::context);
    return boost::asio::use_service<stop_gate>(context).state_;
  }

 private:
  void shutdown() override { state_->close(); }

  std::shared_ptr<state> state_;
};

}  // namespace trivium
