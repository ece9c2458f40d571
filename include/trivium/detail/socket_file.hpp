// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The file that a Unix socket made when it was bound to a path. The kernel leaves it there when the socket is
// closed; this removes it, and nothing else.
#pragma once

#include <trivium/config.hpp>

#include <sys/types.h>

#include <string>
#include <trivium/endpoint.hpp>

namespace TRIVIUM_EXPORT trivium {

/// Owns the file of a Unix socket: removes it when it goes. Move-only.
///
/// It is the file's whole path that is kept: a program may change its folder meanwhile (not its root).
///
/// It removes only what it was made for. A file that has come to that path since stays. In a process that was
/// forked since, the file stays as long as the process lives that made it, whose server goes on; when that
/// has ended without removing it, the file is that of the child which goes on. So a daemon may open its
/// socket first and fork then, if its parent leaves as daemon(3) does, by _exit: no destructor runs in it.
class socket_file {
 public:
  /// None.
  socket_file() noexcept = default;
  /// Of a socket that was just bound to `at`; none if that is no path in the file system.
  /// Requires: the socket stays open until this goes, so that no other file is given its number.
  /// Errors: throws std::bad_alloc, and has removed the file.
  explicit socket_file(endpoint const& at);
  ~socket_file() { remove(); }

  socket_file(socket_file&& from) noexcept;
  socket_file& operator=(socket_file&& from) noexcept;

  /// Whether there is a file to remove.
  bool is_there() const noexcept { return !path_.empty(); }

  void remove() noexcept;
  /// The file stays: it is somebody else's now.
  void forget() noexcept { path_.clear(); }

 private:
  bool is_ours() const noexcept;

  std::string path_;
  dev_t device_ = 0;
  ino_t number_ = 0;
  pid_t maker_ = 0;
};

}  // namespace trivium
