// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A socket with an executor: what a stream and a listener have in common.
#pragma once

#include <trivium/config.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/system/system_error.hpp>
#include <trivium/detail/readiness.hpp>
#include <trivium/socket.hpp>
#include <type_traits>
#include <utility>

namespace TRIVIUM_EXPORT trivium {

/// A socket with an executor. In the executor's reactor it is from the first asynchronous wait on, by a
/// registration which takes one allocation. Move-only.
///
/// Destroyed, moved from, closed or given back by `release`, it ends the operations under way on it with
/// errc::stopped, and asynchronous waits with operation_aborted. (What Asio or Beast composes of several
/// operations refers to the stream itself between them: close that, and destroy it in the handler.)
class attached_socket : public boost::asio::socket_base {
 protected:
  template <class Attempt>
  static auto throw_if(Attempt attempt) {
    error_code error;
    if constexpr (std::is_void_v<decltype(attempt(error))>) {
      attempt(error);
      if (error) throw boost::system::system_error{error};
    } else {
      auto came = attempt(error);
      if (error) throw boost::system::system_error{error};
      return came;
    }
  }

 public:
  using executor_type = boost::asio::any_io_executor;

  executor_type const& get_executor() noexcept { return executor_; }
  int native_handle() const noexcept { return socket_.native_handle(); }
  bool is_open() const noexcept { return socket_.is_open(); }

  result<endpoint> local_endpoint() const { return socket_.local_endpoint(); }

  /// Any of Asio's socket options: see socket. As Asio has them: what has no `error` throws
  /// boost::system::system_error.
  template <class Option>
  void set_option(Option const& option, error_code& error) noexcept {
    error = socket_.set_option(option);
  }
  template <class Option>
  void set_option(Option const& option) {
    throw_if([&](error_code& error) { set_option(option, error); });
  }
  template <class Option>
  void get_option(Option& option, error_code& error) const noexcept {
    error = socket_.get_option(option);
  }
  template <class Option>
  void get_option(Option& option) const {
    throw_if([&](error_code& error) { get_option(option, error); });
  }

  /// Completes when it is readable (one that listens: when somebody calls) or writable, or with
  /// operation_aborted after `cancel` and when it loses its descriptor: void(error_code), as an Asio
  /// socket's.
  template <class Token = boost::asio::default_completion_token_t<executor_type>>
  auto async_wait(boost::asio::socket_base::wait_type until, Token&& token = Token{}) {
    return wait_until_ready(*this, until, std::forward<Token>(token));
  }

  /// Ends the asynchronous operations under way on it with errc::stopped, and waits with operation_aborted.
  void cancel() noexcept { cancel_registrations(socket_); }
  void cancel(error_code& error) noexcept {
    cancel();
    error = {};
  }

  // Step by step, as Asio has it.

  /// A socket of that protocol: of Asio's TCP, Unix or generic stream protocol. Errors: EALREADY if it is
  /// open.
  template <class Protocol>
  void open(Protocol const& of, error_code& error) noexcept {
    static_assert(!socket_of_messages<typename Protocol::socket>,
                  "what can be opened is a stream protocol: boost::asio::ip::tcp::v4()");
    error = socket_.open(of.family());
  }
  template <class Protocol>
  void open(Protocol const& of) {
    throw_if([&](error_code& error) { open(of, error); });
  }
  void bind(endpoint const& at, error_code& error) noexcept { error = socket_.bind(at); }
  void bind(endpoint const& at) {
    throw_if([&](error_code& error) { bind(at, error); });
  }

  // Left out on purpose.
  template <class... Any>
  void native_non_blocking(Any&&...) const {
    static_assert(sizeof...(Any) > 9,
                  "the descriptor's O_NONBLOCK plays no part: non_blocking(true), or "
                  "set_timeout for something between");
  }
  template <class Command, class... Any>
  void io_control(Command&&, Any&&...) const {
    static_assert(!std::is_same_v<Command, Command>, "use ioctl(2) with native_handle(), or available()");
  }
  template <class... Any>
  void assign(Any&&...) const {
    static_assert(sizeof...(Any) > 9,
                  "construct it from a descriptor: trivium::stream{trivium::socket{descriptor}, "
                  "executor}");
  }

 protected:
  attached_socket(socket of, executor_type executor)
      : socket_{std::move(of)}, executor_{std::move(executor)} {
    static_cast<void>(context_of(executor_));
  }
  attached_socket(attached_socket&& from) noexcept
      : socket_{std::move(from.socket_)}, executor_{from.executor_}, room_{std::move(from.room_)} {}
  attached_socket& operator=(attached_socket&& from) noexcept {
    if (this == &from) return *this;
    socket_ = std::move(from.socket_);
    executor_ = from.executor_;
    return *this;
  }
  ~attached_socket() = default;

  result<endpoint> remote_endpoint() const { return socket_.remote_endpoint(); }

  /// Gives the socket back.
  socket release() noexcept { return std::move(socket_); }
  void close() noexcept { socket_.close(); }

  socket& underlying() noexcept { return socket_; }
  socket const& underlying() const noexcept { return socket_; }

 private:
  friend socket* registered_socket(attached_socket& of) noexcept { return &of.socket_; }
  friend registration::room& registration_room(attached_socket& of) noexcept { return of.room_; }

  socket socket_;
  executor_type executor_;
  registration::room room_;
};

}  // namespace trivium
