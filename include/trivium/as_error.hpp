// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A completion token adaptor that passes the error as the first argument of the handler.
#pragma once

#include <trivium/config.hpp>

#include <boost/asio/associator.hpp>
#include <boost/asio/async_result.hpp>
#include <concepts>
#include <trivium/transfer_result.hpp>
#include <type_traits>
#include <utility>

namespace TRIVIUM_EXPORT trivium {

/// `as_error(token)`: a transfer completes with void(error_code, transfer_result) instead of
/// void(transfer_result). Asio's `||`, `&&`, parallel_group and redirect_error examine only a leading
/// error_code, and without it they see no failure. The result with its byte count is passed on. Connects and
/// accepts have a leading error_code already and complete unchanged.
///
/// `a || b` returns the result of the operation that completed first, and discards the other one. If a timer
/// ends a transfer that way, the number of bytes that it has moved is lost. To end a transfer after a time,
/// use limits::timeout. To end it by another operation and keep its byte count:
///
///     auto [order, result_error, received, timer_error] =
///         co_await asio::experimental::make_parallel_group(
///             async::receive_all(peer, into, as_error(asio::deferred)), timer.async_wait(asio::deferred))
///             .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
///     // received.bytes is exact, whichever completed first
template <class Token>
class as_error_t {
 public:
  constexpr as_error_t() requires std::default_initializable<Token>
  = default;
  /// Adapts `token`.
  explicit constexpr as_error_t(Token token) : token_{std::move(token)} {}
  /// The token that it adapts.
  Token token_;

  /// An executor that has this token as the default.
  template <class Executor>
  struct executor_with_default : Executor {
    using default_completion_token_type = as_error_t;
    executor_with_default(Executor const& same) noexcept : Executor(same) {}
    template <class Other>
    requires(!std::is_same_v<Other, executor_with_default> && std::is_convertible_v<Other, Executor>)
        executor_with_default(Other const& other)
    noexcept : Executor(other) {}
  };
  /// `of` with such an executor: its operations take this token where they are given none.
  template <class Connection>
  static auto as_default_on(Connection&& of) {
    using plain = std::decay_t<Connection>;
    using executor = executor_with_default<typename plain::executor_type>;
    return typename plain::template rebind_executor<executor>::other(std::forward<Connection>(of));
  }
};

/// Adapts `token`; see as_error_t.
template <class Token>
constexpr as_error_t<std::decay_t<Token>> as_error(Token&& token) {
  return as_error_t<std::decay_t<Token>>{std::forward<Token>(token)};
}

/// The handler that the operation gets: invokes the token's handler with the error and the result.
template <class Handler>
struct as_error_handler {
  Handler handler_;
  void operator()(transfer_result result) {
    auto const error = result.error;
    std::move(handler_)(error, std::move(result));
  }
};

/// Initiates the operation with that handler. Its associated executor is that of the operation's own
/// initiation.
template <class Initiation>
struct as_error_initiation {
  Initiation initiation_;
  template <class Handler, class... Arguments>
  void operator()(Handler&& handler, Arguments&&... arguments) {
    std::move(initiation_)(as_error_handler<std::decay_t<Handler>>{std::forward<Handler>(handler)},
                           std::forward<Arguments>(arguments)...);
  }
};

}  // namespace trivium

// Derived from the token's own async_result, for tokens that wrap this one.
template <class Token>
struct boost::asio::async_result<trivium::as_error_t<Token>, void(trivium::transfer_result)>
    : async_result<Token, void(boost::system::error_code, trivium::transfer_result)> {
  using signature = void(boost::system::error_code, trivium::transfer_result);
  using async_result<Token, signature>::async_result;

  template <class Initiation, class RawToken, class... Arguments>
  static auto initiate(Initiation&& start, RawToken&& token, Arguments&&... arguments) {
    using inner = std::conditional_t<std::is_const_v<std::remove_reference_t<RawToken>>, Token const, Token>;
    return async_initiate<inner, signature>(
        trivium::as_error_initiation<std::decay_t<Initiation>>{std::forward<Initiation>(start)}, token.token_,
        std::forward<Arguments>(arguments)...);
  }
};

template <class Token, class... Told>
struct boost::asio::async_result<trivium::as_error_t<Token>, void(boost::system::error_code, Told...)>
    : async_result<Token, void(boost::system::error_code, Told...)> {
  using signature = void(boost::system::error_code, Told...);
  using async_result<Token, signature>::async_result;

  template <class Initiation, class RawToken, class... Arguments>
  static auto initiate(Initiation&& start, RawToken&& token, Arguments&&... arguments) {
    using inner = std::conditional_t<std::is_const_v<std::remove_reference_t<RawToken>>, Token const, Token>;
    return async_initiate<inner, signature>(std::forward<Initiation>(start), token.token_,
                                            std::forward<Arguments>(arguments)...);
  }
};

template <template <class, class> class Associator, class Handler, class Default>
struct boost::asio::associator<Associator, trivium::as_error_handler<Handler>, Default>
    : Associator<Handler, Default> {
  // Returns a reference if the handler's own associator does, so that an any_io_executor is not copied.
  static typename Associator<Handler, Default>::type get(
      trivium::as_error_handler<Handler> const& handler) noexcept {
    return Associator<Handler, Default>::get(handler.handler_);
  }
  static auto get(trivium::as_error_handler<Handler> const& handler, Default const& otherwise) noexcept
      -> decltype(Associator<Handler, Default>::get(handler.handler_, otherwise)) {
    return Associator<Handler, Default>::get(handler.handler_, otherwise);
  }
};

template <template <class, class> class Associator, class Initiation, class Default>
struct boost::asio::associator<Associator, trivium::as_error_initiation<Initiation>, Default>
    : Associator<Initiation, Default> {
  static typename Associator<Initiation, Default>::type get(
      trivium::as_error_initiation<Initiation> const& begins) noexcept {
    return Associator<Initiation, Default>::get(begins.initiation_);
  }
  static auto get(trivium::as_error_initiation<Initiation> const& begins, Default const& otherwise) noexcept
      -> decltype(Associator<Initiation, Default>::get(begins.initiation_, otherwise)) {
    return Associator<Initiation, Default>::get(begins.initiation_, otherwise);
  }
};
