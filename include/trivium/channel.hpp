// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What takes bytes and gives them: a descriptor here, a TLS session or a test's script elsewhere. A channel
// is asked once, and sleeps only where it is allowed to.
#pragma once

#include <trivium/config.hpp>

#include <sys/uio.h>

#include <chrono>
#include <cstddef>
#include <span>
#include <trivium/error.hpp>
#include <trivium/limits.hpp>

namespace TRIVIUM_EXPORT trivium {

/// What a descriptor is waited for to be.
enum class readiness { none, readable, writable, either };

/// What ends a wait: that the descriptor is readable, or writable, or either of them. With readiness::none
/// only time ends it.
struct interest {
  int descriptor = -1;
  readiness until = readiness::none;

  /// For poll(2): POLLIN, POLLOUT, both, or 0 where only time ends the wait (an end of file would wake it for
  /// ever: pass a negative descriptor).
  short poll_events() const noexcept;
};

/// For poll(2): the milliseconds until `due`, rounded up; -1 for never.
int poll_timeout(time_point due) noexcept;

/// What one attempt came to.
struct [[nodiscard]] attempt {
  enum class outcome {
    moved,        ///< all that was asked, or as much as one attempt does; there may be room for more
    would_block,  ///< less than asked, or nothing: wait for `waits_for` before the next
    again,        ///< interrupted: nothing is known, ask again
    done,         ///< nothing is left to do, though not by bytes: connected, accepted, finished
    failed,       ///< `error` says why; no further attempt will do better
  };

  outcome what = outcome::moved;
  std::size_t bytes = 0;
  error_code error{};
  interest waits_for{};
  /// When to look again if nothing wakes the waiter; zero: only the descriptor can tell.
  std::chrono::nanoseconds look_again{0};
  unsigned calls = 1;  ///< system calls it took
  /// It came back short from a call that may sleep: the next one sleeps, if that moves bytes.
  bool next_sleeps = false;
};

/// Whether an attempt may sleep in the kernel: only where nothing but the kernel can end the wait, and then
/// until the first bytes have moved; or, asked again and again, until all have.
enum class may_block { no, until_some, until_all };

class channel {
 public:
  virtual ~channel() = default;

  /// Sends from, or receives into, the front of `pieces` (not empty) with one attempt. A short count is
  /// `would_block` with bytes; a receive at the peer's end fails with errc::end_of_file. A channel may be
  /// less patient than it is allowed to.
  virtual attempt send(std::span<iovec const> pieces, may_block allowed) noexcept = 0;
  virtual attempt receive(std::span<iovec> pieces, may_block allowed) noexcept = 0;

  /// Bytes sent that the peer has not taken. 0 where that cannot be told.
  virtual std::size_t queued() noexcept = 0;

  // What a channel has to do besides, if it is more than a descriptor.

  /// Agrees with the peer before the first byte: one attempt, `done` when they have.
  virtual attempt handshake() noexcept { return {.what = attempt::outcome::done, .calls = 0}; }
  /// Tells the peer that no byte follows, before the descriptor does: one attempt, `done` when that has gone
  /// on.
  virtual attempt end() noexcept { return {.what = attempt::outcome::done, .calls = 0}; }
  /// Whether something that it took has not gone on to the kernel. `send` then begins with that, also when it
  /// is given no pieces; and a send has not ended before.
  virtual bool has_pending_output() const noexcept { return false; }
};

/// The channel of a connected TCP or Unix descriptor. It does not own it, and does not look at or change
/// its O_NONBLOCK: each call says for itself that it must not sleep; where it may, and the descriptor is
/// O_NONBLOCK, it does not.
class descriptor_channel final : public channel {
 public:
  explicit descriptor_channel(int descriptor) noexcept : descriptor_{descriptor} {}

  attempt send(std::span<iovec const> pieces, may_block allowed) noexcept override;
  attempt receive(std::span<iovec> pieces, may_block allowed) noexcept override;
  std::size_t queued() noexcept override;

 private:
  int descriptor_;
};

}  // namespace trivium
