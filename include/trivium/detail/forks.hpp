// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Identifies the process, for what a child shares with its parent after fork(2).
#pragma once

#include <trivium/config.hpp>

namespace TRIVIUM_EXPORT trivium {
namespace detail {

/// The number of forks between the process that was started and this one. Makes no system call.
unsigned forks() noexcept;

/// While an object of this class exists, a descriptor's number refers, in this process, to a file that is in
/// no epoll set. The destructor makes the number refer to its own file again.
///
/// The child of a fork(2) deregisters its own descriptors in this way. The child's registration and the
/// parent's are for the same open file description in the same epoll set, so epoll_ctl(EPOLL_CTL_DEL) with
/// the number of the open descriptor would remove the parent's registration.
///
/// Threads: the file is replaced in one step (dup3(2)). The number is never free, so it cannot be assigned to
/// a descriptor that another thread opens.
class hidden_descriptor {
 public:
  explicit hidden_descriptor(int number) noexcept;
  ~hidden_descriptor();
  hidden_descriptor(hidden_descriptor const&) = delete;
  hidden_descriptor& operator=(hidden_descriptor const&) = delete;

  /// False if no other number was available to hold the file (EMFILE). Then the descriptor is not hidden.
  bool hidden() const noexcept { return elsewhere_ >= 0; }

 private:
  int number_;
  int elsewhere_ = -1;
  bool stays_at_exec_ = false;
};

}  // namespace detail
}  // namespace trivium
