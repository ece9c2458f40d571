// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A listening socket with an executor, a timeout mode and a stop token: for accepting connections what stream
// is for transferring bytes.
#pragma once

#include <trivium/config.hpp>

#include <boost/asio/compose.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <trivium/async.hpp>
#include <trivium/blocking.hpp>
#include <trivium/detail/attached_socket.hpp>
#include <trivium/detail/rebound.hpp>
#include <trivium/detail/socket_file.hpp>
#include <trivium/mode.hpp>
#include <trivium/stream.hpp>
#include <type_traits>
#include <utility>

namespace TRIVIUM_EXPORT trivium {

/// A listening socket with an executor and a mode. It owns its socket, and the file of a Unix path that was
/// created by its static function `open`. Move-only.
///
///     auto server = trivium::listener::open(endpoint::tcp("::", 12345).value(), io.get_executor());
///     auto peer = server->accept();                                                // the mode's limits,
///     auto next = trivium::blocking::accept(*server, {.timeout = 5s});             // or the call's,
///     auto third = trivium::nonblocking::accept(*server);                          // in each way
///     trivium::async::accept(*server, [](trivium::error_code, trivium::socket) { ... });
///
/// Errors: a failure of one connection, or of the system, does not end an accept, in any of the ways:
///   - A connection that was reset before it was accepted (ECONNABORTED, and the other network errors that
///     accept(2) lists) is skipped.
///   - If descriptors or memory are exhausted (EMFILE, ENFILE, ENOBUFS, ENOMEM), the accept waits until they
///     are available again, as long as its limits allow. The clients stay in the backlog. An accept that must
///     not wait reports would_block. (The descriptor may be readable all that time. A program's own loop that
///     polls it advances an `accepting` instead: its interest() and due() say when to try again.) To wait at
///     all may take descriptors: at the first wait of an event loop, whose reactor has not been made yet, and
///     at the first of a thread under a stop token. If these cannot be had, the accept ends with EMFILE.
///
/// Lifetime, cancellation: to destroy, move from or close the listener cancels the outstanding accepts, which
/// complete with errc::stopped. (One that waits for descriptors to be available again completes at its next
/// attempt, at most 100 ms later.) See attached_socket.
///
/// Threads: several threads may accept at the same time, blocking or nonblocking; each connection is accepted
/// by one of them. Asynchronous accepts are initiated by one thread at a time (in its strand). Functions that
/// set or close something are called by one thread while no other thread uses the listener. To end an accept
/// from another thread use the stop token.
class listener : public detail::attached_socket, public mode {
 public:
  /// What its own `accept` returns.
  using accepted_type = stream;
  /// The listener with another executor type, as Asio's default completion tokens require.
  template <class Executor>
  struct rebind_executor {
    using other = detail::rebound<listener, Executor>;
  };

  /// Takes over a listening socket, from trivium::listen or the program's own. The file of its Unix path is
  /// not removed by this listener. Throws bad_executor, as Asio does, if the executor is empty.
  listener(socket listening, executor_type executor)
      : listener{std::move(listening), std::move(executor), detail::socket_file{}} {}

  /// Constructs a listener that is not open. Then call open, set_option, bind and listen, as for Asio's
  /// acceptor.
  explicit listener(executor_type executor) : listener{socket{}, std::move(executor)} {}
  template <class Context>
  requires std::is_convertible_v<Context&, boost::asio::execution_context&>
  explicit listener(Context& of) : listener{of.get_executor()} {}
  // Without this, an error_code would convert to the Networking TS's executor, as any type does.
  listener(error_code) = delete;
  /// Opens, binds and listens at `at`, as Asio's acceptor does. Throws boost::system::system_error.
  listener(executor_type executor, boost::asio::ip::tcp::endpoint const& at)
      : listener{open(at, std::move(executor)).value()} {}
  template <class Context>
  requires std::is_convertible_v<Context&, boost::asio::execution_context&> listener(
      Context& of, boost::asio::ip::tcp::endpoint const& at)
      : listener{of.get_executor(), at} {}

  using attached_socket::open;
  /// Returns a listener that listens at `at`; see trivium::listen. For port 0 the system chooses a free port,
  /// which local_endpoint returns.
  ///
  /// A Unix path must not exist, whatever kind of file it is. Otherwise the error is EADDRINUSE, and the file
  /// stays as it is. Listening creates the file. `close`, or the destructor, removes it if it is still the
  /// same file, even if the program has changed its working directory. A forked process removes it only after
  /// the process that created it has ended: see socket_file, also for daemons. The file of a server that has
  /// crashed still exists. A connect to it fails with ECONNREFUSED. It can be removed only by a program that
  /// knows that this server has ended. Errors: the kernel's.
  static result<listener> open(endpoint const& at, executor_type executor, listen_options const& how = {}) {
    auto listening = trivium::listen(at, how);
    if (!listening) return listening.error();
    return listener{std::move(*listening), std::move(executor), detail::socket_file{at}};
  }

  listener(listener&&) = default;
  listener& operator=(listener&& from) {
    if (this == &from) return *this;
    close();
    attached_socket::operator=(std::move(from));
    mode::operator=(std::move(from));
    file_ = std::move(from.file_);
    return *this;
  }

  /// Starts to listen; see listen(2).
  void listen(int backlog, error_code& error) noexcept { error = underlying().listen(backlog); }
  void listen(int backlog = max_listen_connections) {
    throw_if([&](error_code& error) { listen(backlog, error); });
  }

  /// Accepts the next connection, within the timeout of the mode. The stream is returned with this listener's
  /// executor, or with `executor`. Blocks the calling thread unless the timeout is zero.
  ///
  /// Errors: would_block (timeout zero), timed_out, stopped and EBADF (closed), as Asio's codes. The
  /// functions without an `error` argument throw boost::system::system_error. (blocking::accept(*this)
  /// returns a result<socket>.)
  stream accept(executor_type executor, error_code& error) {
    auto accepted = blocking::accept(*this, own());
    error = accepted ? error_code{} : as_asio_error(accepted.error());
    return {accepted ? std::move(*accepted) : socket{}, std::move(executor)};
  }
  stream accept(error_code& error) { return accept(get_executor(), error); }
  stream accept() {
    return throw_if([&](error_code& error) { return accept(error); });
  }
  void accept(stream& peer, error_code& error) {
    auto accepted = accept(peer.get_executor(), error);
    if (!error) peer = std::move(accepted);
  }
  void accept(stream& peer) {
    throw_if([&](error_code& error) { accept(peer, error); });
  }

  /// Asynchronous. Completion signature: void(error_code, stream); with `peer`, void(error_code), and `peer`
  /// must stay at its address until the handler is invoked.
  template <class Token = boost::asio::default_completion_token_t<executor_type>>
  requires(!std::is_convertible_v<Token, executor_type> &&
           !std::is_same_v<std::remove_cvref_t<Token>, stream>) auto async_accept(Token&& token = Token{}) {
    return async_accept(get_executor(), std::forward<Token>(token));
  }
  template <class Token = boost::asio::default_completion_token_t<executor_type>>
  auto async_accept(executor_type executor, Token&& token = Token{}) {
    return boost::asio::async_compose<Token, void(error_code, stream)>(
        accepting_stream{*this, std::move(executor)}, token, *this);
  }
  template <class Token = boost::asio::default_completion_token_t<executor_type>>
  auto async_accept(stream& peer, Token&& token = Token{}) {
    return boost::asio::async_compose<Token, void(error_code)>(accepting_into{*this, peer}, token, *this);
  }

  /// Cancels the outstanding accepts, which complete with errc::stopped, and releases ownership of the
  /// socket. The file of a Unix path is not removed: the caller now owns it.
  socket release() noexcept {
    file_.forget();
    return attached_socket::release();
  }

  /// Cancels the outstanding accepts, removes the file of its Unix path, and closes the socket. Connections
  /// that were not accepted are reset.
  void close() noexcept {
    file_.remove();
    attached_socket::close();
  }
  void close(error_code& error) noexcept {
    close();
    error = {};
  }

 private:
  // Implementations of composed operations, for async_compose.
  struct accepting_stream {
    listener& at;
    executor_type executor;
    template <class Self>
    void operator()(Self& self) {
      self.reset_cancellation_state(boost::asio::enable_total_cancellation());
      async::accept(at, std::move(self));
    }
    template <class Self>
    void operator()(Self& self, error_code error, socket accepted) {
      stream peer{std::move(accepted), std::move(executor)};
      self.complete(as_asio_error(error), std::move(peer));
    }
  };
  struct accepting_into {
    listener& at;
    stream& peer;
    template <class Self>
    void operator()(Self& self) {
      self.reset_cancellation_state(boost::asio::enable_total_cancellation());
      async::accept(at, std::move(self));
    }
    template <class Self>
    void operator()(Self& self, error_code error, socket accepted) {
      if (!error) peer = stream{std::move(accepted), peer.get_executor()};
      self.complete(as_asio_error(error));
    }
  };

  listener(socket listening, executor_type executor, detail::socket_file file)
      : attached_socket{std::move(listening), std::move(executor)}, file_{std::move(file)} {}

  detail::socket_file file_;  // destroyed before the socket is closed, while the inode number is still in use
};

}  // namespace trivium
