// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A channel: what the operations send to and receive from. It is a descriptor here; a TLS session or a test's
// script elsewhere. A channel makes one attempt per call, and sleeps only where it is allowed to.
#pragma once

#include <trivium/config.hpp>

#include <sys/uio.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <trivium/error.hpp>
#include <trivium/limits.hpp>

namespace TRIVIUM_EXPORT trivium {

/// The readiness of a descriptor that ends a wait.
enum class readiness { none, readable, writable, either };

/// What an operation waits for: the descriptor, and the readiness that ends the wait. With readiness::none
/// only time ends it.
struct interest {
  int descriptor = -1;                ///< the descriptor to poll
  readiness until = readiness::none;  ///< the readiness that ends the wait

  /// The events for poll(2): POLLIN, POLLOUT, both, or 0 if only time ends the wait. With 0, pass a negative
  /// descriptor: poll reports POLLHUP and POLLERR in any case, so that after an end of file or a reset every
  /// call would return at once.
  short poll_events() const noexcept;
};

/// The timeout for poll(2): the milliseconds until `due`, rounded up; -1 (infinite) for time_point::max().
int poll_timeout(time_point due) noexcept;

/// The result of one attempt.
struct [[nodiscard]] attempt {
  /// How far an attempt came.
  enum class outcome {
    moved,        ///< moved all that was requested, or as much as one attempt moves; more may be possible
    would_block,  ///< moved less than requested, or nothing: wait for `waits_for` before the next attempt
    again,        ///< interrupted (EINTR): repeat the attempt
    done,         ///< nothing is left to do: connected, accepted, finished
    failed,       ///< `error` is the reason; the operation ends
  };

  outcome what = outcome::moved;  ///< how far it came
  std::size_t bytes = 0;          ///< number of bytes moved
  error_code error{};             ///< why it failed
  interest waits_for{};           ///< after `would_block`: what to wait for
  /// How long to wait at most before the next attempt, where readiness may not be signalled; zero: no bound.
  std::chrono::nanoseconds look_again{0};
  unsigned calls = 1;  ///< number of system calls made
  /// A call that may sleep returned a short count. If the next call moves bytes, it has slept for them.
  bool next_sleeps = false;
};

/// Whether an attempt may sleep in the kernel. It may only where no limit and no stop has to end the wait.
/// until_some: until the first bytes have moved. until_all: also for the following bytes, in repeated
/// attempts.
enum class may_block { no, until_some, until_all };

/// A bidirectional stream of bytes. Derive from it to run the verbs over another transport.
///
/// Errors:  an attempt reports them as attempt::failed. Nothing throws.
/// Threads: one send and one receive at a time.
class channel {
 public:
  virtual ~channel() = default;

  /// Makes one attempt to send from, or receive into, the front of `pieces`, which is not empty. A short
  /// count is reported as `would_block` with bytes. A receive after the peer has finished sending fails with
  /// errc::end_of_file. A channel may return `would_block` where it would be allowed to sleep.
  virtual attempt send(std::span<iovec const> pieces, may_block allowed) noexcept = 0;
  virtual attempt receive(std::span<iovec> pieces, may_block allowed) noexcept = 0;

  /// The number of bytes sent that the peer has not taken; 0 if it is not known.
  virtual std::size_t queued() noexcept = 0;

  /// Makes one attempt to send at most `most` bytes, at least 1, of the file `from` beginning at `offset`,
  /// without a copy to the program. Fails with EOPNOTSUPP, and has then sent nothing, if it is not able to:
  /// the bytes are then read and passed to `send`. Fails with errc::source_ended if the file has no byte
  /// there.
  virtual attempt send_file(int from, std::uint64_t offset, std::size_t most, may_block allowed) noexcept;

  /// Makes one attempt to receive at most `most` bytes into a pipe, which is empty; or to send them from one,
  /// which holds as many: as `receive` and `send`, without a copy to the program. Fails with EOPNOTSUPP, and
  /// has then moved nothing, if it is not able to.
  virtual attempt receive_to_pipe(int pipe, std::size_t most, may_block allowed) noexcept;
  virtual attempt send_from_pipe(int pipe, std::size_t most, may_block allowed) noexcept;

  // For a channel that is more than a descriptor. The defaults are those of a descriptor.

  /// Makes one attempt at the handshake that precedes the first byte; `done` when it has completed.
  virtual attempt handshake() noexcept { return {.what = attempt::outcome::done, .calls = 0}; }
  /// Makes one attempt to send the protocol's end of data (TLS: close_notify), before the descriptor is shut
  /// down; `done` when the kernel has taken it.
  virtual attempt end() noexcept { return {.what = attempt::outcome::done, .calls = 0}; }
  /// Whether it holds output that the kernel has not taken yet. `send` then begins with that output, also if
  /// it is called with no pieces, and a transfer that sends has not completed before it is taken.
  virtual bool has_pending_output() const noexcept { return false; }
};

/// The channel of a connected TCP or Unix stream socket. It does not own the descriptor, and neither reads
/// nor changes its O_NONBLOCK: each call passes MSG_DONTWAIT where it must not sleep. (send_file and
/// send_from_pipe have no such flag. They set O_NONBLOCK where they must not sleep.) If the descriptor is
/// O_NONBLOCK, no call sleeps.
///
/// Errors: those of send(2), sendmsg(2), recv(2), recvmsg(2), sendfile(2) and splice(2), in the system
///         category, without SIGPIPE; errc::end_of_file, source_ended.
class descriptor_channel final : public channel {
 public:
  /// Borrows `descriptor`.
  explicit descriptor_channel(int descriptor) noexcept : descriptor_{descriptor} {}

  attempt send(std::span<iovec const> pieces, may_block allowed) noexcept override;
  attempt receive(std::span<iovec> pieces, may_block allowed) noexcept override;
  std::size_t queued() noexcept override;
  attempt send_file(int from, std::uint64_t offset, std::size_t most, may_block allowed) noexcept override;
  attempt receive_to_pipe(int pipe, std::size_t most, may_block allowed) noexcept override;
  attempt send_from_pipe(int pipe, std::size_t most, may_block allowed) noexcept override;

 private:
  int descriptor_;
};

}  // namespace trivium
