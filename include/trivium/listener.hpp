// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A socket that listens, with an executor, a timeout mode and a stop: to accepting what a stream is to moving
// bytes.
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

/// Owns its socket, and the file of a Unix path that its static `open` has made. Move-only. Destroyed, moved
/// from or closed, it ends the accepts under way with errc::stopped (one that waits for descriptors: with its
/// next look, at most 100 ms later); see attached_socket.
///
///     auto server = trivium::listener::open(endpoint::tcp("::", 12345).value(), io.get_executor());
///     auto peer = server->accept();                                                // as its mode says
///     auto next = trivium::blocking::accept(*server, {.timeout = 5s});             // or as the call says,
///     auto third = trivium::nonblocking::accept(*server);                          // in each way
///     trivium::async::accept(*server, [](trivium::error_code, trivium::socket) { ... });
///
/// What happens to one connection, or to the system, does not end it, in whichever way it accepts:
///   - one that was reset before it was accepted (ECONNABORTED, and what else accept(2) names) is passed
///   over;
///   - out of descriptors or memory (EMFILE, ENFILE, ENOBUFS, ENOMEM), the accept waits until there is room
///     again, as long as its limits let it; the callers stay in the backlog. One that may not wait answers
///     would_block. (The descriptor may be readable all the while: a loop of one's own that polls it turns an
///     `accepting` instead, whose interest() and due() say when to try again.)
///
/// Threads: several may accept at once, blocking or nonblocking; each connection goes to one. Asynchronous
/// accepts are started by one thread at a time (its strand). What sets or closes is called by one thread
/// while no other uses it; what ends an accept from another thread is the stop token.
class listener : public attached_socket, public mode {
 public:
  using accepted_type = stream;
  template <class Executor>
  struct rebind_executor {
    using other = rebound<listener, Executor>;
  };

  /// Takes over a socket that listens: of trivium::listen, or of one's own making. A Unix path of it is not
  /// this listener's to remove. Throws bad_executor, as Asio, if the executor is empty.
  listener(socket listening, executor_type executor)
      : listener{std::move(listening), std::move(executor), socket_file{}} {}

  /// Not open yet: open, set_option, bind and listen, as of Asio's acceptor.
  explicit listener(executor_type executor) : listener{socket{}, std::move(executor)} {}
  template <class Context>
  requires std::is_convertible_v<Context&, boost::asio::execution_context&>
  explicit listener(Context& of) : listener{of.get_executor()} {}
  listener(error_code) = delete;  // it converts to the Networking TS's executor, as anything does
  /// Listens at `at`, as Asio's acceptor does; throws boost::system::system_error.
  listener(executor_type executor, boost::asio::ip::tcp::endpoint const& at)
      : listener{open(at, std::move(executor)).value()} {}
  template <class Context>
  requires std::is_convertible_v<Context&, boost::asio::execution_context&> listener(
      Context& of, boost::asio::ip::tcp::endpoint const& at)
      : listener{of.get_executor(), at} {}

  using attached_socket::open;
  /// Listens at `at`: see trivium::listen. Port 0 is one that is free, told by local_endpoint.
  ///
  /// A path must not exist yet, whatever it is: otherwise EADDRINUSE, and what is there stays as it is. The
  /// file that listening makes is removed by close, or the destructor, if it is still the same one, whatever
  /// folder the program is in by then; in a forked process only when the one that made it has ended: see
  /// socket_file, also for what a daemon does. That of a server which died is still there: nobody answers at
  /// it (a connect says ECONNREFUSED), and only who knows that it is dead can remove it. Errors: the
  /// kernel's.
  static result<listener> open(endpoint const& at, executor_type executor, listen_options const& how = {}) {
    auto listening = trivium::listen(at, how);
    if (!listening) return listening.error();
    return listener{std::move(*listening), std::move(executor), socket_file{at}};
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

  void listen(int backlog, error_code& error) noexcept { error = underlying().listen(backlog); }
  void listen(int backlog = max_listen_connections) {
    throw_if([&](error_code& error) { listen(backlog, error); });
  }

  /// The next connection, within the timeout of the mode, on this listener's executor or on `executor`.
  /// Blocks the calling thread unless that is zero. Errors: would_block (timeout zero), timed_out, stopped,
  /// EBADF (closed), as Asio has them; the forms without `error` throw boost::system::system_error. (The
  /// verbs give a result<socket>: blocking::accept(*this).)
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

  /// The same asynchronously: void(error_code, stream); into `peer`, void(error_code), which stays where it
  /// is until then.
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

  /// Ends asynchronous accepts under way with errc::stopped, and gives the socket back.
  /// The file of a Unix path stays: it is the caller's now.
  socket release() noexcept {
    file_.forget();
    return attached_socket::release();
  }

  /// Ends asynchronous accepts under way, removes the file of its Unix path, and closes the socket: callers
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
  // For async_compose.
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

  listener(socket listening, executor_type executor, socket_file file)
      : attached_socket{std::move(listening), std::move(executor)}, file_{std::move(file)} {}

  socket_file file_;  // gone before the socket is closed, while its number is its own
};

}  // namespace trivium
