// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Connects to the addresses of one name, beside each other where one hangs: RFC 8305, "Happy Eyeballs". The
// first to be connected wins. It sleeps nowhere and starts no thread; whoever owns it makes its steps.
#pragma once

#include <trivium/channel.hpp>
#include <trivium/connecting.hpp>
#include <vector>

namespace trivium {

/// The families in turn, that of the first address first; within a family the order stays as it was, which
/// is the system's (RFC 6724).
std::vector<endpoint> interleaved(std::vector<endpoint> addresses);

/// Whether a socket that has connected to `to` did so to its own end.
bool met_itself(socket const& on, endpoint const& to) noexcept;

/// One attempt is under way until it has been unanswered for `attempt_delay`; then the next address is tried
/// beside it. One that fails is followed at once. The winner's step closes all others.
///
/// A wait is for one descriptor: that of the attempt if no other address is left to try, else an epoll
/// descriptor that is readable when any attempt has news. It is made before the first of these waits and is
/// the same in all of them, since a wait may still be under way when the next attempt starts. A process that
/// has no descriptor to spare for it tries the addresses one after the other; a child of fork(2), whose set
/// is its parent's, leaves it alone and asks each attempt again after a while.
class race {
 public:
  /// Requires: at least one address.
  race(std::vector<endpoint> addresses, connect_options const& how);

  /// Asks the attempts under way, and starts the next if it is its turn. Failed: the error that tells most.
  attempt step() noexcept;

  /// Requires: a step was done. The connected socket, once.
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
  std::vector<connect_attempt>* told_;
  std::span<socket_option const> options_;

  std::size_t next_ = 0;  // the first address that was not tried
  bool start_now_ = true;
  bool in_turn_ = false;  // there is no epoll descriptor to be had
  time_point next_at_{};
  std::vector<runner> running_;
  socket set_;  // epoll; a socket only in that it closes its descriptor
  unsigned set_made_after_forks_ = 0;
  socket winner_;
  int error_ = 0;
  nanoseconds backlog_pause_{};
};

}  // namespace trivium
