// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A socket with an executor: the common base of stream and listener.
#pragma once

#include <trivium/config.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/system/system_error.hpp>
#include <trivium/detail/async/readiness.hpp>
#include <trivium/socket.hpp>
#include <type_traits>
#include <utility>

namespace TRIVIUM_EXPORT trivium {
namespace detail {

/// A socket with an executor. Its descriptor is registered with the executor's reactor at the first
/// asynchronous wait. The memory of the registration is one allocation. Move-only.
///
/// Errors: functions without an `error` argument throw boost::system::system_error, as Asio's do.
///
/// Lifetime: to destroy, move from, close or `release` the socket cancels its outstanding operations, which
/// complete with errc::stopped, and its outstanding waits, which complete with operation_aborted. (An
/// operation that Asio or Beast composes of several others refers to the stream itself between them. For such
/// an operation close the stream, and destroy it in the handler.)
///
/// Threads: as for socket.
class attached_socket : public boost::asio::socket_base {
 protected:
  /// Returns attempt(error), or throws the error.
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
  /// The type of its executor.
  using executor_type = boost::asio::any_io_executor;

  /// The executor that it was made with.
  executor_type const& get_executor() noexcept { return executor_; }
  /// The descriptor; negative if the socket is not open.
  int native_handle() const noexcept { return socket_.native_handle(); }
  /// Whether it has a descriptor.
  bool is_open() const noexcept { return socket_.is_open(); }

  /// The address of this end; see getsockname(2).
  result<endpoint> local_endpoint() const { return socket_.local_endpoint(); }

  /// Sets any of Asio's socket options; see socket.
  template <class Option>
  void set_option(Option const& option, error_code& error) noexcept {
    error = socket_.set_option(option);
  }
  template <class Option>
  void set_option(Option const& option) {
    throw_if([&](error_code& error) { set_option(option, error); });
  }
  /// Reads any of Asio's socket options.
  template <class Option>
  void get_option(Option& option, error_code& error) const noexcept {
    error = socket_.get_option(option);
  }
  template <class Option>
  void get_option(Option& option) const {
    throw_if([&](error_code& error) { get_option(option, error); });
  }

  /// Asynchronously waits until the socket is readable (a listening socket: until a connection can be
  /// accepted) or writable. Completion signature: void(error_code), as for an Asio socket. Errors:
  /// operation_aborted after `cancel`, and when the socket is closed, moved from, released or destroyed.
  template <class Token = boost::asio::default_completion_token_t<executor_type>>
  auto async_wait(boost::asio::socket_base::wait_type until, Token&& token = Token{}) {
    return wait_until_ready(*this, until, std::forward<Token>(token));
  }

  /// Cancels the outstanding asynchronous operations, which complete with errc::stopped, and the outstanding
  /// waits, which complete with operation_aborted.
  void cancel() noexcept { cancel_registrations(socket_); }
  void cancel(error_code& error) noexcept {
    cancel();
    error = {};
  }

  // The single steps of opening a socket, as in Asio.

  /// Opens a socket of the given protocol: one of Asio's TCP, Unix or generic stream protocols. Errors:
  /// EALREADY if the socket is open.
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
  /// Binds the socket to a local endpoint; see bind(2).
  void bind(endpoint const& at, error_code& error) noexcept { error = socket_.bind(at); }
  void bind(endpoint const& at) {
    throw_if([&](error_code& error) { bind(at, error); });
  }

  /// A member of Asio's sockets that is not provided. A call does not compile, and the message says what to
  /// use instead.
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
  /// Throws bad_executor, as Asio does, if the executor is empty.
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

  /// The address of the other end; see getpeername(2).
  result<endpoint> remote_endpoint() const { return socket_.remote_endpoint(); }

  /// Cancels the outstanding operations and releases ownership of the socket, which the caller now owns.
  socket release() noexcept { return std::move(socket_); }
  /// Closes the socket.
  void close() noexcept { socket_.close(); }

  /// The socket itself.
  socket& underlying() noexcept { return socket_; }
  socket const& underlying() const noexcept { return socket_; }

 private:
  friend socket* registered_socket(attached_socket& of) noexcept { return &of.socket_; }
  friend registration::room& registration_room(attached_socket& of) noexcept { return of.room_; }

  socket socket_;
  executor_type executor_;
  registration::room room_;
};

}  // namespace detail
}  // namespace trivium
