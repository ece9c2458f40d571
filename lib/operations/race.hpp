// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Connects to the addresses of one name, concurrently where an attempt hangs: RFC 8305, "Happy Eyeballs". The
// first connected socket wins. A race never sleeps and starts no thread: its owner calls step().
#pragma once

#include <trivium/channel.hpp>
#include <trivium/operations/connecting.hpp>
#include <vector>

namespace trivium {

/// Alternates the address families, beginning with that of the first address. Within a family the order is
/// kept, which is the system's (RFC 6724).
std::vector<endpoint> interleaved(std::vector<endpoint> addresses);

/// Whether a socket that has connected to `to` is connected to itself.
bool met_itself(socket const& on, endpoint const& to) noexcept;

/// The race begins with one attempt. When that has been unanswered for `attempt_delay`, the next address is
/// tried concurrently. An attempt that fails is followed by the next at once. The step in which one wins
/// closes all others.
///
/// A wait is for one descriptor. If no other address is left to try, it is that of the attempt. Otherwise it
/// is an epoll descriptor, which is readable when any attempt has an event. The epoll descriptor is made
/// before the first of these waits and is the same in all of them, since a wait may still be outstanding when
/// the next attempt starts. A process that has no descriptor to spare for it tries the addresses one after
/// the other. A child of fork(2) shares the set with its parent; it leaves the set alone and checks each
/// attempt again after a while.
class race {
 public:
  /// Requires: at least one address.
  race(std::vector<endpoint> addresses, connect_options const& how);

  /// Checks the attempts under way, and starts the next if that is due. If all have failed, the error is the
  /// one that explains most.
  attempt step() noexcept;

  /// Requires: a step returned `done`. The connected socket; a second call returns a closed one.
  socket take() noexcept { return std::move(winner_); }

 private:
  struct runner {
    socket on;
    std::size_t address;
  };

  bool more() const noexcept { return next_ != addresses_.size(); }
  bool due() const noexcept;
  int begin(runner& who) noexcept;
  int connect(runner const& who) noexcept;
  attempt start(unsigned calls) noexcept;
  attempt answered(std::size_t number, int code, unsigned calls) noexcept;
  attempt won(runner& who, unsigned calls) noexcept;
  attempt lost(std::size_t number, int code, unsigned calls) noexcept;
  attempt wait(unsigned calls) noexcept;
  bool shares_set() const noexcept;
  int watch(runner const& who) noexcept;
  void report(runner const& who, error_code what) noexcept;

  std::vector<endpoint> addresses_;
  nanoseconds delay_;
  std::vector<connect_attempt>* attempts_;
  std::span<socket_option const> options_;

  std::size_t next_ = 0;  // the first address that has not been tried
  bool start_now_ = true;
  bool in_turn_ = false;  // one address after the other: no epoll descriptor could be made
  time_point next_at_{};
  std::vector<runner> running_;
  socket set_;  // the epoll descriptor; `socket` serves as its owner
  unsigned set_made_after_forks_ = 0;
  socket winner_;
  int error_ = 0;
  nanoseconds backlog_pause_{};
};

}  // namespace trivium
