// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The file that a Unix socket made when it was bound to a path. The kernel leaves it there when the socket is
// closed; this removes it, and nothing else.
#pragma once

#include <sys/types.h>

#include <trivium/endpoint.hpp>

namespace trivium {

/// Owns the file of a Unix socket: removes it when it goes. Move-only.
///
/// It removes only what it was made for: a file that has come to that path since stays, and so does the file
/// itself in a process that was forked, where the parent's server goes on.
class socket_file {
 public:
  /// None.
  socket_file() noexcept = default;
  /// Of a socket that was just bound to `at`; none if that is no path in the file system.
  /// Requires: the socket stays open until this goes, so that no other file is given its number.
  explicit socket_file(endpoint const& at) noexcept;
  ~socket_file() { remove(); }

  socket_file(socket_file&& from) noexcept;
  socket_file& operator=(socket_file&& from) noexcept;

  /// Whether there is a file to remove.
  bool is_there() const noexcept { return at_.family() == AF_UNIX; }

  void remove() noexcept;
  /// The file stays: it is somebody else's now.
  void forget() noexcept { at_ = endpoint{}; }

 private:
  endpoint at_;
  dev_t device_ = 0;
  ino_t number_ = 0;
  pid_t maker_ = 0;
};

}  // namespace trivium
