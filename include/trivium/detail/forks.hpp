// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Which process this is, for what a child shares with its parent after fork(2).
#pragma once

#include <trivium/config.hpp>

namespace TRIVIUM_EXPORT trivium {

/// How many forks lie between this process and the one that was started. A system call is not made.
unsigned forks() noexcept;

/// While it lives, a descriptor's number refers in this process to something that is in no epoll set; then it
/// refers to what it did before.
///
/// A child of fork(2) removes its own registrations so: epoll_ctl(EPOLL_CTL_DEL) by a number that is open
/// would remove the parent's registration, which is for the same open file description in the same epoll set.
class hidden_descriptor {
 public:
  explicit hidden_descriptor(int number) noexcept;
  ~hidden_descriptor();
  hidden_descriptor(hidden_descriptor const&) = delete;
  hidden_descriptor& operator=(hidden_descriptor const&) = delete;

  /// False: there were no other numbers for it to wait at (EMFILE), and it is not hidden.
  bool hidden() const noexcept { return elsewhere_ >= 0; }

 private:
  int number_;
  int elsewhere_ = -1;
  bool stays_at_exec_ = false;
};

}  // namespace trivium
