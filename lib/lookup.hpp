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

/// getaddrinfo cannot be interrupted, so a name is looked up in a thread of the library. To abandon a
/// look-up, destroy the object: the thread shares the ownership of all that it touches. Numeric addresses
/// need no thread.
///
/// A host and service that are already being looked up are not looked up twice: all objects that request them
/// get the one result. At most `threads_max` look-ups are under way in a process, abandoned ones included.
/// Further ones are queued, and begin in the order in which they were requested.
///
/// A child process has none of these threads. A look-up that was begun before fork(2) ends in the child at
/// once, with asio::error::host_not_found_try_again. In the parent it goes on.
class lookup {
 public:
  static constexpr unsigned threads_max = 32;

  /// Throws std::bad_alloc, and has no effect then.
  lookup(std::string host, std::string service);
  ~lookup();
  lookup(lookup const&) = delete;
  lookup& operator=(lookup const&) = delete;

  /// Whether there is a result. Until then `descriptor` is not readable.
  bool done() const noexcept;
  int descriptor() const noexcept { return event_.native_handle(); }

  /// Requires: done(). The addresses in the system's order, or the error: one of Asio's look-up errors
  /// (asio::error::host_not_found ...), errc::no_thread, or a resource that ran out meanwhile (EMFILE ...).
  result<std::vector<endpoint>> const& found() const noexcept;

 private:
  struct question;
  class desk;

  std::shared_ptr<question> question_;
  socket event_;  // an eventfd, readable once there is a result; `socket` serves as its owner
};

}  // namespace trivium
