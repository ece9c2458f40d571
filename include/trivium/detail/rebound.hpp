// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A connection whose executor has another type, as Asio's default completion tokens require.
#pragma once

#include <trivium/config.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/socket_base.hpp>
#include <utility>

namespace TRIVIUM_EXPORT trivium {
namespace detail {

/// A stream, listener or tls_stream whose executor type has a default completion token, as Asio's
/// `as_default_on` makes it. The token is used by each asynchronous operation that is given none:
///
///     auto there = use_awaitable_t<>::as_default_on(std::move(peer));
///     auto const sent = co_await trivium::async::send_all(there, buffer(data));
///
/// Effect, errors, lifetime, cancellation and threads are those of `Base`.
template <class Base, class Executor>
class rebound : public Base {
 public:
  using executor_type = Executor;
  template <class Other>
  struct rebind_executor {
    using other = rebound<Base, Other>;
  };
  using token = boost::asio::default_completion_token_t<Executor>;

  rebound(Base from) noexcept : Base{std::move(from)} {}

  executor_type get_executor() noexcept { return executor_type{Base::get_executor()}; }

  template <class Token = token>
  auto async_wait(boost::asio::socket_base::wait_type until, Token&& with = token()) {
    return Base::async_wait(until, std::forward<Token>(with));
  }
  template <class MutableBuffers, class Token = token>
  auto async_read_some(MutableBuffers const& into, Token&& with = token()) {
    return Base::async_read_some(into, std::forward<Token>(with));
  }
  template <class ConstBuffers, class Token = token>
  auto async_write_some(ConstBuffers const& from, Token&& with = token()) {
    return Base::async_write_some(from, std::forward<Token>(with));
  }
  template <class MutableBuffers, class Token = token>
  auto async_receive(MutableBuffers const& into, Token&& with = token()) {
    return Base::async_receive(into, std::forward<Token>(with));
  }
  template <class ConstBuffers, class Token = token>
  auto async_send(ConstBuffers const& from, Token&& with = token()) {
    return Base::async_send(from, std::forward<Token>(with));
  }
  template <class To, class Token = token>
  auto async_connect(To const& to, Token&& with = token()) {
    return Base::async_connect(to, std::forward<Token>(with));
  }
  template <class Token = token>
  requires requires { typename Base::accepted_type; } && std::is_default_constructible_v<Token>
  auto async_accept() { return Base::async_accept(token()); }
  template <class Any, class... More>
  requires requires { typename Base::accepted_type; }
  auto async_accept(Any&& any, More&&... more) {
    return Base::async_accept(std::forward<Any>(any), std::forward<More>(more)...);
  }
};

}  // namespace detail
}  // namespace trivium
