// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The initiations of the asynchronous operations: the function objects that a completion token invokes to
// start an operation. Only then are the connection's mode and descriptor, and the clock, read. A transfer
// begins with one system call, which usually completes a small transfer. A `transfer` is constructed only for
// what that call leaves.
#pragma once

#include <trivium/config.hpp>

#include <stop_token>
#include <trivium/detail/async/completion.hpp>
#include <trivium/detail/async/first_call.hpp>
#include <trivium/detail/async/readiness.hpp>
#include <trivium/detail/async/start_operation.hpp>
#include <trivium/detail/one_call.hpp>
#include <trivium/operations/accepting.hpp>
#include <trivium/operations/finishing.hpp>
#include <trivium/operations/handshaking.hpp>
#include <trivium/trampoline.hpp>
#include <type_traits>
#include <utility>

namespace trivium::detail {

/// The limits of an operation that is initiated later than its limits were given. `limits` only borrows its
/// stop token, so this class keeps a copy of the token.
class kept_limits {
 public:
  kept_limits(limits const& given) : limits_{given}, token_{given.stop.token()} {}

  bool none() const noexcept { return limits_.none(); }
  /// Valid while this object exists.
  limits get() const noexcept {
    auto kept = limits_;
    if (kept.stop.given()) kept.stop = token_;
    return kept;
  }

 private:
  limits limits_;
  std::stop_token token_;
};

/// The limits of an operation that is given none.
struct no_limits {
  static constexpr bool none() noexcept { return true; }
  static constexpr limits get() noexcept { return {}; }
};

/// The type of a connection's executor, or any_io_executor if the connection has none.
template <class Connection>
struct executor_of_connection {
  using type = boost::asio::any_io_executor;
};
template <class Connection>
requires requires(Connection& of) {
  of.get_executor();
}
struct executor_of_connection<Connection> {
  using type = std::remove_cvref_t<decltype(std::declval<Connection&>().get_executor())>;
};
template <class Connection>
using executor_of = typename executor_of_connection<Connection>::type;

/// The base of an initiation on a connection. Its associated executor is the connection's: a token uses it if
/// it needs an executor, for a timer or to set a promise.
///
/// Lifetime: it refers to the connection, which must exist until the token invokes the initiation.
template <class Connection>
class initiation {
 public:
  using executor_type = executor_of<Connection>;

  explicit initiation(Connection& on) noexcept : connection_{&on} {}
  executor_type get_executor() const noexcept { return connection_->get_executor(); }

 protected:
  Connection& connection() const noexcept { return *connection_; }

 private:
  Connection* connection_;
};

/// Initiates a transfer between a connection and a payload.
///
/// Effect: if nothing but the peer can end the transfer, and it consists of one piece of memory, it begins
/// with one system call on the descriptor; otherwise with an attempt. A receive on a connection that expects
/// to wait (see `expects_to_wait` of stream) begins with a wait.
template <class Connection, class Registration = registration_for<Connection>>
class transfer_initiation : public initiation<Connection> {
 public:
  using initiation<Connection>::initiation;

  template <class Handler, class Payload, class Limits>
  void operator()(Handler handler, Payload&& payload, Limits const& given) const {
    static_assert(!std::is_reference_v<Payload>,
                  "the token must give up the arguments that it kept: move them");
    auto& connection = this->connection();

    bool const limited = !bare_descriptor<Connection> || !given.none() || !unlimited(connection);
    auto const make = [&] {
      return limited ? transfer<Payload>{connection, std::move(payload), given.get()}
                     : transfer<Payload>{channel_of(connection), std::move(payload)};
    };
    beginning<transfer<Payload>> how;
    // (Other sinks may have something to do before they wait: to report that a file could not be opened.)
    if constexpr (std::is_same_v<Payload, memory_sink> && requires { expects_to_wait(connection); })
      if (expects_to_wait(connection))
        how.waits_for = {static_cast<int>(connection.native_handle()), readiness::readable};
    if constexpr (!std::is_same_v<decltype(how.call), no_call>)
      if (!limited && how.waits_for.until == readiness::none)
        if (auto const piece = payload.only_piece(); piece.iov_len <= async::budget)
          how.call = {static_cast<int>(connection.native_handle()), piece, payload.how_much()};
    start_operation<transfer<Payload>>(make, limited, Registration{connection}, handler, how);
  }
};

/// Initiates the operation that `make(connection)` returns.
template <class Connection>
class operation_initiation : public initiation<Connection> {
 public:
  using initiation<Connection>::initiation;

  template <class Handler, class Make>
  void operator()(Handler handler, Make&& make) const {
    auto& connection = this->connection();
    using made = decltype(make(connection));
    start_operation<made>([&] { return make(connection); }, true, registration_for<Connection>{connection},
                          handler);
  }
};

/// Constructs an Operation from a connection and the limits that were given to the initiating function.
template <class Operation>
class limited {
 public:
  explicit limited(limits const& given) : limits_{given} {}
  template <class Connection>
  Operation operator()(Connection& of) const {
    return Operation{of, limits_.get()};
  }

 private:
  kept_limits limits_;
};

/// Returns an operation that has been constructed already.
template <class Operation>
class made_already {
 public:
  explicit made_already(Operation made) noexcept : made_{std::move(made)} {}
  template <class Connection>
  Operation operator()(Connection&) noexcept {
    return std::move(made_);
  }

 private:
  Operation made_;
};

/// Initiates an operation on a connection without an executor, or on no connection. The executor is given.
class initiation_in_context {
 public:
  using executor_type = boost::asio::any_io_executor;

  /// Throws bad_executor, as Asio does, if the executor is empty.
  explicit initiation_in_context(executor_type executor) : executor_{std::move(executor)} {
    static_cast<void>(context_of(executor_));
  }
  executor_type get_executor() const noexcept { return executor_; }

  /// Initiates an operation that owns its descriptors.
  template <class Handler, class Operation>
  void operator()(Handler handler, Operation&& op) const {
    static_assert(!std::is_reference_v<Operation>,
                  "the token must give up the arguments that it kept: move them");
    start_operation<Operation>([&] { return std::move(op); }, true, transient_registration{executor_},
                               handler);
  }
  /// Initiates an accept.
  template <class Handler, class Listening, class Make>
  void operator()(Handler handler, Listening* at, Make&& make) const {
    start_operation<accepting>([&] { return make(*at); }, true,
                               named_registration{registered_socket(*at), executor_}, handler);
  }

 private:
  executor_type executor_;
};

}  // namespace trivium::detail
