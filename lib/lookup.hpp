// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A look-up by name that can be abandoned.
#pragma once

#include <memory>
#include <string>
#include <trivium/endpoint.hpp>
#include <trivium/socket.hpp>
#include <vector>

namespace trivium {

/// getaddrinfo cannot be interrupted, so a name is looked up in a thread of the library's. Whoever gives up
/// just destroys the lookup: what the thread touches, it owns together with it. Numeric addresses take no
/// thread.
///
/// The same host and service, asked for while they are being looked up, are not looked up twice: all who ask
/// get the one answer. At most `threads_max` look-ups are under way in a process, abandoned ones included;
/// the next begins when one of them is answered, in the order in which they were asked for.
///
/// A child process has none of these threads: a look-up that was begun before fork(2) ends there at once,
/// with asio::error::host_not_found_try_again. In the parent it goes on.
class lookup {
 public:
  static constexpr unsigned threads_max = 32;

  /// Throws std::bad_alloc; then nothing has begun.
  lookup(std::string host, std::string service);
  ~lookup();
  lookup(lookup const&) = delete;
  lookup& operator=(lookup const&) = delete;

  /// Whether there is an answer; until then `descriptor` is not readable.
  bool done() const noexcept;
  int descriptor() const noexcept { return event_.native_handle(); }

  /// Requires: done(). The addresses, in the system's order; or why there are none: Asio's errors of look-ups
  /// (asio::error::host_not_found ...), errc::no_thread, or what ran short meanwhile (EMFILE ...).
  result<std::vector<endpoint>> const& found() const noexcept;

 private:
  struct question;
  class desk;

  std::shared_ptr<question> question_;
  socket event_;  // becomes readable with the answer; a socket only in that it closes its descriptor
};

}  // namespace trivium
