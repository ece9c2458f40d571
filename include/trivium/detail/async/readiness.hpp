// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The registration of a connection's descriptor with a reactor, as an asynchronous operation uses it: it
// waits until the descriptor is ready, and it reports whether the connection has been closed, moved or
// destroyed meanwhile.
//
// Each wait point below has the same members:
//   - `attach`: registers the descriptor before the first wait. Returns 0 or an errno.
//   - `async_wait`: starts one wait in the reactor.
//   - `async_wait_for_error`: the same for an error of the connection, or its end; not of a transient one.
//   - `lost`: whether the connection has been closed, moved from, destroyed or cancelled since `attach`.
//   - `gone`: whether the connection is no longer at its address.
//   - `leave`: deregisters, if the registration is not shared with other operations.
//   - `release`: releases the executor, before the context is destroyed.
//   - `descriptor`: the number of the connection's descriptor, once attached. (A transient one has none.)
//   - `observe`: passes a transfer's result on to the connection.
//   - `uses_sets`: whether a wait may be made in the loop's interest set. Then it also has `choose_set`,
//     `async_wait_in_set`, `completed_in_reactor` and `drained`, as a registration has them.
#pragma once

#include <trivium/config.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associator.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/socket_base.hpp>
#include <concepts>
#include <optional>
#include <trivium/channel.hpp>
#include <trivium/connection.hpp>
#include <trivium/detail/async/registration.hpp>
#include <trivium/operations/transfer.hpp>
#include <type_traits>
#include <utility>

namespace TRIVIUM_EXPORT trivium {
namespace detail {

inline boost::asio::socket_base::wait_type wait_type(readiness until) noexcept {
  return until == readiness::writable ? boost::asio::socket_base::wait_write
                                      : boost::asio::socket_base::wait_read;
}

/// The error of an operation that could not wait, or whose wait has failed. If the operation did not cancel
/// the wait itself, then the owner of the connection has: operation_aborted becomes errc::stopped.
inline error_code wait_failed(int code) noexcept {
  if (code == boost::asio::error::operation_aborted) return errc::stopped;
  return {code, boost::system::system_category()};
}

/// A connection of trivium's own: a socket, a stream, a listener or a tls_stream. It ends its registrations
/// before its descriptor is closed or released.
template <class Connection>
concept owns_registrations = requires(Connection& of) {
  { registered_socket(of) } -> std::same_as<socket*>;
};

/// What the wait points have in common whose registration a socket of trivium's owns. The socket may be
/// destroyed or moved from while the operation is outstanding; then `lost` is true.
class owned_registration {
 public:
  /// Whether the connection has been closed, moved from, destroyed or cancelled since `attach`.
  bool lost() const noexcept {
    return registration_ && (registration_->ended() || registration_->cancellations() != cancellations_);
  }
  /// Whether the connection is no longer at its address.
  bool gone() const noexcept { return registration_ && registration_->ended(); }

  template <class Executor>
  bool choose_set(Executor const& of_handler) noexcept {
    return registration_->choose_set(of_handler);
  }
  template <class Handler>
  void async_wait(interest what, Handler handler) {
    registration_->async_wait(wait_type(what.until), std::move(handler));
  }
  template <class Handler>
  void async_wait_in_set(interest what, Handler handler) {
    registration_->async_wait_in_set(what.until, std::move(handler));
  }
  /// A wait in the reactor for an error of the connection, or for its end.
  template <class Handler>
  void async_wait_for_error(Handler handler) {
    registration_->async_wait(boost::asio::socket_base::wait_error, std::move(handler));
  }
  void completed_in_reactor(unsigned waits) noexcept { registration_->completed_in_reactor(waits); }
  int descriptor() const noexcept { return registration_->descriptor(); }

  /// Whether other operations may wait with the same registration at the same time.
  static constexpr bool shared = true;
  static constexpr bool uses_sets = true;
  void leave() noexcept {}

 protected:
  registration::reference registration_;
  unsigned cancellations_ = 0;
};

/// The wait point of a connection that has an executor and owns its registrations.
template <class Connection>
class shared_registration : public owned_registration {
 public:
  explicit shared_registration(Connection& of) noexcept : connection_{&of} {}

  decltype(auto) get_executor() noexcept {
    if constexpr (std::is_same_v<own_executor, boost::asio::any_io_executor const&>)
      return registration_ ? registration_->executor() : connection_->get_executor();
    else
      return kept_.executor ? *kept_.executor
                            : std::remove_cvref_t<own_executor>{connection_->get_executor()};
  }

  /// Registers the descriptor. Called before the initiating function returns, if the operation has not
  /// completed by then. Returns 0, or an errno if there is no registration to wait with.
  int attach(interest const&) noexcept {
    if (registration_) return 0;
    auto* const owner = registered_socket(*connection_);
    auto* const known = owner != nullptr ? registration::first_of(*owner) : nullptr;
    if (known == nullptr || known->next() != nullptr || !known->has_executor()) return look_for(owner);
    keep_executor();
    registration_.share(*known);
    cancellations_ = known->cancellations();
    return 0;
  }
  void drained() noexcept {
    if constexpr (bare_descriptor<Connection>)
      if (registration_) registration_->drained();
  }
  registration::reference share() noexcept { return registration::reference{*registration_}; }
  void release() noexcept {
    if (registration_) registration_->forget_executor();
    kept_ = {};
  }

  /// Passes the result of a transfer to the connection. Requires: !gone().
  void observe(transfer_result const& came, direction of) noexcept {
    if constexpr (requires { on_transferred(*connection_, came, of); })
      on_transferred(*connection_, came, of);
  }

 private:
  [[gnu::noinline]] int look_for(socket* owner) noexcept {
    if (owner == nullptr) return EBADF;
    error_code error;
    boost::asio::any_io_executor const& executor = connection_->get_executor();
    registration_ = registration::of(*owner, executor, error, &registration_room(*connection_));
    if (error) return error.value();
    if (!registration_->has_executor()) registration_->set_executor(executor);
    keep_executor();
    cancellations_ = registration_->cancellations();
    return 0;
  }

  using own_executor = decltype(std::declval<Connection&>().get_executor());
  struct none {};
  struct kept {
    std::optional<std::remove_cvref_t<own_executor>> executor;
  };
  void keep_executor() noexcept {
    if constexpr (!std::is_same_v<own_executor, boost::asio::any_io_executor const&>)
      kept_.executor.emplace(connection_->get_executor());
  }

  Connection* connection_;
  // A copy of the connection's executor if that is not an any_io_executor: the registration has only an
  // any_io_executor, which is of another type.
  [[no_unique_address]] std::conditional_t<std::is_same_v<own_executor, boost::asio::any_io_executor const&>,
                                           none, kept>
      kept_;
};

/// The wait point of a connection that does not own registrations, such as an Asio socket. Asio holds the
/// registration. The connection must stay at its address until the operation has completed.
template <class Connection>
class borrowed_registration {
  using executor = std::remove_cvref_t<decltype(std::declval<Connection&>().get_executor())>;

 public:
  explicit borrowed_registration(Connection& of) noexcept
      : connection_{&of}, descriptor_{static_cast<int>(of.native_handle())} {}

  executor get_executor() noexcept { return executor_ ? *executor_ : executor{connection_->get_executor()}; }
  int attach(interest const&) noexcept {
    if (!executor_) executor_.emplace(connection_->get_executor());
    return 0;
  }
  bool lost() noexcept { return static_cast<int>(connection_->native_handle()) != descriptor_; }
  int descriptor() const noexcept { return descriptor_; }
  template <class Handler>
  void async_wait(interest what, Handler handler) {
    connection_->async_wait(wait_type(what.until), std::move(handler));
  }
  template <class Handler>
  void async_wait_for_error(Handler handler) {
    connection_->async_wait(boost::asio::socket_base::wait_error, std::move(handler));
  }
  static constexpr bool shared = true;
  static constexpr bool uses_sets = false;
  void leave() noexcept {}
  void release() noexcept { executor_.reset(); }
  static constexpr bool gone() noexcept { return false; }
  void observe(transfer_result const&, direction) noexcept {}

 private:
  Connection* connection_;
  int descriptor_;
  // Kept from the first wait on, in case the connection is destroyed nevertheless.
  std::optional<executor> executor_;
};

/// The wait point of a socket without an executor. The operation waits in the context that was passed to the
/// initiating function.
class named_registration : public owned_registration {
 public:
  named_registration(socket* at, boost::asio::any_io_executor executor) noexcept
      : socket_{at}, executor_{std::move(executor)} {}

  boost::asio::any_io_executor const& get_executor() const noexcept { return executor_; }
  int attach(interest const&) noexcept {
    if (registration_) return 0;
    if (socket_ == nullptr) return EBADF;
    error_code error;
    registration_ = registration::of(*socket_, executor_, error);
    if (!error) cancellations_ = registration_->cancellations();
    return error.value();
  }
  static constexpr void drained() noexcept {}  // an accept says nothing
  void release() noexcept { executor_ = {}; }
  void observe(transfer_result const&, direction) noexcept {}

 private:
  socket* socket_;
  boost::asio::any_io_executor executor_;
};

/// The wait point of an operation that owns its descriptors. It registers the descriptor for each wait and
/// deregisters it afterwards, because the next wait may be for another descriptor with the same number.
class transient_registration {
 public:
  explicit transient_registration(boost::asio::any_io_executor executor) noexcept
      : executor_{std::move(executor)} {}
  transient_registration(transient_registration&&) noexcept = default;
  ~transient_registration() { leave(); }

  boost::asio::any_io_executor const& get_executor() const noexcept { return executor_; }
  int attach(interest const& what) noexcept {
    error_code error;
    if (!registration_ && what.until != readiness::none)
      registration_ = registration::of(what.descriptor, executor_, error);
    return error.value();
  }
  bool lost() const noexcept { return false; }
  template <class Handler>
  void async_wait(interest what, Handler handler) {
    registration_->async_wait(wait_type(what.until), std::move(handler));
  }
  static constexpr bool shared = false;
  static constexpr bool uses_sets = false;
  void leave() noexcept {
    if (!registration_) return;
    auto const left = std::exchange(registration_, registration::reference{});
    left->end();
  }
  void release() noexcept { executor_ = {}; }
  static constexpr bool gone() noexcept { return false; }
  void observe(transfer_result const&, direction) noexcept {}

 private:
  boost::asio::any_io_executor executor_;
  registration::reference registration_;
};

/// The wait point of a connection.
template <class Connection>
using registration_for = std::conditional_t<owns_registrations<Connection>, shared_registration<Connection>,
                                            borrowed_registration<Connection>>;

/// The handler of a wait that the program started by a connection's own async_wait. Its cancellation slot
/// refers to the registration until the handler is invoked, so the handler shares the registration.
template <class Handler>
class wait_completion {
 public:
  wait_completion(Handler handler, registration::reference at)
      : handler_{std::move(handler)}, registration_{std::move(at)} {}

  void operator()(error_code error) {
    registration_->completed_in_reactor(1);
    if (auto slot = boost::asio::get_associated_cancellation_slot(handler_); slot.is_connected())
      slot.clear();
    std::move(handler_)(error);
  }
  Handler const& handler() const noexcept { return handler_; }

 private:
  Handler handler_;
  registration::reference registration_;
};

/// Initiates a wait that the program started by a connection's own async_wait. If the descriptor cannot be
/// registered, the handler is posted with the error.
template <class Connection>
class wait_initiation {
 public:
  using executor_type = std::remove_cvref_t<decltype(std::declval<Connection&>().get_executor())>;

  explicit wait_initiation(Connection& of) noexcept : connection_{&of} {}
  executor_type get_executor() const noexcept { return connection_->get_executor(); }

  template <class Handler>
  void operator()(Handler handler, boost::asio::socket_base::wait_type until) const {
    shared_registration<Connection> at{*connection_};
    if (int const code = at.attach({}); code != 0)
      boost::asio::post(
          get_executor(),
          boost::asio::append(std::move(handler), error_code{code, boost::system::system_category()}));
    else
      at.share()->async_wait(until, wait_completion<Handler>{std::move(handler), at.share()});
  }

 private:
  Connection* connection_;
};

/// A connection's async_wait: completes with void(error_code) when the descriptor is ready.
template <class Connection, class Token>
auto wait_until_ready(Connection& of, boost::asio::socket_base::wait_type until, Token&& token) {
  return boost::asio::async_initiate<Token, void(error_code)>(wait_initiation<Connection>{of}, token, until);
}

/// Cancels the outstanding asynchronous operations on a socket: they complete with errc::stopped.
inline void cancel_registrations(socket& of) noexcept {
  for (auto* each = registration::first_of(of); each != nullptr; each = each->next_of_context())
    each->cancel();
}

}  // namespace detail
}  // namespace trivium

template <template <class, class> class Associator, class Handler, class Default>
struct boost::asio::associator<Associator, trivium::detail::wait_completion<Handler>, Default>
    : Associator<Handler, Default> {
  static typename Associator<Handler, Default>::type get(
      trivium::detail::wait_completion<Handler> const& of) noexcept {
    return Associator<Handler, Default>::get(of.handler());
  }
  static auto get(trivium::detail::wait_completion<Handler> const& of, Default const& otherwise) noexcept
      -> decltype(Associator<Handler, Default>::get(of.handler(), otherwise)) {
    return Associator<Handler, Default>::get(of.handler(), otherwise);
  }
};
