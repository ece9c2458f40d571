// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The file that is created when a Unix socket is bound to a path. The kernel does not remove it when the
// socket is closed. This class removes it, and no other file.
#pragma once

#include <trivium/config.hpp>

#include <sys/types.h>

#include <string>
#include <trivium/endpoint.hpp>

namespace TRIVIUM_EXPORT trivium {
namespace detail {

/// Owns the file of a Unix socket: the destructor removes the file. Move-only.
///
/// The absolute path is stored, so the program may change its working directory meanwhile (but not its root
/// directory).
///
/// Only the file that the object was created for is removed. Another file that has been created at the same
/// path since is not. A process that was forked since does not remove the file while the process that created
/// it lives, whose server is still running. If that process has ended without removing the file, the child
/// owns it. So a daemon may open its socket first and fork afterwards, if the parent exits by _exit, as
/// daemon(3) does: no destructor runs in it.
class socket_file {
 public:
  /// Owns no file.
  socket_file() noexcept = default;
  /// Owns the file of a socket that was just bound to `at`, or none if `at` is not a path in the file system.
  ///
  /// Requires: the socket stays open until this object is destroyed, so that no other file is given the same
  /// inode number. Errors: throws std::bad_alloc, and has removed the file by then.
  explicit socket_file(endpoint const& at);
  ~socket_file() { remove(); }

  socket_file(socket_file&& from) noexcept;
  socket_file& operator=(socket_file&& from) noexcept;

  /// Whether it owns a file.
  bool is_there() const noexcept { return !path_.empty(); }

  /// Removes the file, if it is still the same file and this process may remove it. Owns none afterwards.
  void remove() noexcept;
  /// Releases ownership. The file is not removed.
  void forget() noexcept { path_.clear(); }

 private:
  bool is_ours() const noexcept;

  std::string path_;
  dev_t device_ = 0;
  ino_t number_ = 0;
  pid_t maker_ = 0;
};

}  // namespace detail
}  // namespace trivium
