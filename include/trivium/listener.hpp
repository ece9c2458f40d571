// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A socket that listens, with an executor, a timeout mode and a stop: to accepting what a stream is to moving
// bytes.
#pragma once

#include <trivium/attached_socket.hpp>
#include <trivium/blocking.hpp>
#include <trivium/mode.hpp>
#include <trivium/rebound.hpp>
#include <trivium/socket_file.hpp>
#include <utility>

namespace trivium {

/// Owns its socket, and the file of a Unix path that it has made. Move-only. Destroyed, moved from or closed,
/// it ends the accepts under way with errc::stopped (one that waits for descriptors: with its next look, at
/// most 100 ms later); see attached_socket.
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
///     `accepting` instead, whose wants() and due() say when to try again.)
///
/// Threads: several may accept at once, blocking or nonblocking; each connection goes to one. Asynchronous
/// accepts are started by one thread at a time (its strand). What sets or closes is called by one thread
/// while no other uses it; what ends an accept from another thread is the stop token.
class listener : public attached_socket, public mode {
 public:
  template <class Executor>
  struct rebind_executor {
    using other = rebound<listener, Executor>;
  };

  /// Takes over a socket that listens: of trivium::listen, or of one's own making. A Unix path of it is not
  /// this listener's to remove.
  listener(socket listening, executor_type executor) noexcept
      : listener{std::move(listening), std::move(executor), socket_file{}} {}

  /// Listens at `at`: see trivium::listen. Port 0 is one that is free, told by local_endpoint.
  ///
  /// A path must not exist yet, whatever it is: otherwise EADDRINUSE, and what is there stays as it is. The
  /// file that listening makes is removed by close, or the destructor, if it is still the same one, whatever
  /// folder the program is in by then; in a forked process only when the one that made it has ended: see
  /// socket_file, also for what a daemon does. That of a server which died is still there: nobody answers at
  /// it (a connect says ECONNREFUSED), and only who knows that it is dead can remove it. Errors: the
  /// kernel's.
  static result<listener> open(endpoint const& at, executor_type executor, listen_options const& how = {}) {
    auto listening = listen(at, how);
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

  /// The next connection, within the timeout of the mode. Blocks the calling thread unless that is zero.
  /// Errors: would_block (timeout zero), timed_out, stopped, EBADF (closed).
  result<socket> accept() { return blocking::accept(*this, own()); }

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

 private:
  listener(socket listening, executor_type executor, socket_file file) noexcept
      : attached_socket{std::move(listening), std::move(executor)}, file_{std::move(file)} {}

  socket_file file_;  // gone before the socket is closed, while its number is its own
};

}  // namespace trivium
