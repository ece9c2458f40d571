// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A set of descriptors that are watched together, and the waits for them: epoll(7), edge-triggered.
#pragma once

#include <trivium/config.hpp>

#include <atomic>
#include <cstddef>
#include <trivium/channel.hpp>
#include <trivium/socket.hpp>

namespace TRIVIUM_EXPORT trivium {
namespace detail {

/// Descriptors that are watched together. A descriptor is added once, and then waited for as often as needed;
/// most waits for input make no system call. The set never invokes anything: its owner calls `collect`, and
/// takes the waits that have completed.
///
/// What a wait costs depends on what is known. The kernel reports an edge: that bytes have arrived, not that
/// there are some. So a wait may rely on the next edge only if the queue was found empty after the last one.
/// Such a finding is recorded by `drained`, and holds until the next edge. In every other case the wait makes
/// an epoll_ctl(2), which makes the kernel look at the descriptor, and report it if it is ready:
///   - nothing has been found out since the last edge;
///   - the peer has ended its sending, or the connection is broken: no further edge would come;
///   - urgent data has come: a receive returns a short count at its mark, while more bytes are queued;
///   - the wait is for room to send. Short of memory, the kernel may refuse a send although its queue is
///     empty, and then no edge follows.
///
/// After fork(2) the child shares the epoll set with its parent. There the set is left alone until `adopt`
/// makes another for the child.
///
/// Threads: one at a time.
class interest_set {
 public:
  /// One wait. The owner derives from it what is to be done when the wait has completed.
  class wait {
   public:
    wait(wait const&) = delete;
    wait& operator=(wait const&) = delete;
    /// 0, or the errno with which the wait completed: ECANCELED if it was cancelled.
    int error() const noexcept { return error_; }

   protected:
    wait() = default;
    ~wait() = default;

   private:
    friend interest_set;
    wait* next_ = nullptr;
    readiness until_ = readiness::none;
    int error_ = 0;
  };

  /// The waits that have completed, in order.
  class wait_queue {
   public:
    bool empty() const noexcept { return first_ == nullptr; }
    /// Adds a wait that completes with `error`.
    void add(wait& one, int error) noexcept;
    /// Removes the first, or returns null.
    wait* take() noexcept;

   private:
    wait *first_ = nullptr, *last_ = nullptr;
  };

  /// A descriptor of the set.
  class member {
   public:
    member() = default;
    member(member const&) = delete;
    member& operator=(member const&) = delete;

    /// Whether it is in a set.
    bool is_added() const noexcept { return descriptor_ >= 0; }
    /// Whether somebody waits for it.
    bool is_waited_for() const noexcept { return waits_ != nullptr; }
    /// Whether `drained` has an effect on it.
    bool can_be_drained() const noexcept { return is_tcp_ && is_added(); }
    /// Whether a wait for input relies on the next edge. Threads: any; only a hint unless the owner's thread
    /// asks.
    bool is_drained() const noexcept { return drained_.load(std::memory_order_relaxed); }

   private:
    friend interest_set;
    int descriptor_ = -1;
    std::atomic<bool> drained_{false};
    bool is_tcp_ = false;
    bool exceptional_ = false;  // the last edge reported the peer's end, an error, or urgent data
    bool completes_next_ = false;
    wait* waits_ = nullptr;
    member *previous_ = nullptr, *next_ = nullptr;
  };

  interest_set() noexcept = default;

  /// Makes the epoll set, if there is none yet. Returns 0 or an errno: those of epoll_create1(2).
  [[nodiscard]] int open() noexcept;
  bool is_open() const noexcept { return set_.is_open(); }
  /// Readable when `collect` would find something.
  int native_handle() const noexcept { return set_.native_handle(); }
  /// Whether this is the child of a fork, and the set its parent's.
  bool is_shared_with_parent() const noexcept;
  /// In such a child: makes a set of its own, with the same members and waits. Returns 0 or an errno, and
  /// then all waits have completed with it, and no member is left.
  [[nodiscard]] int adopt() noexcept;

  /// Adds a descriptor, which must stay open until it is removed. Returns 0 or an errno: EPERM for a file
  /// that epoll does not take; ENOMEM, ENOSPC.
  [[nodiscard]] int add(member& of, int descriptor) noexcept;
  /// Removes it. Its waits complete with ECANCELED. No effect if it is not in the set.
  void remove(member& of) noexcept;

  /// Begins a wait until `of` is readable, writable, or either. Returns 0 or an errno, and then it has not
  /// begun.
  [[nodiscard]] int begin(wait& one, member& of, readiness until) noexcept;
  /// The member's next wait for input completes at once, behind those that have completed, without asking the
  /// kernel.
  void complete_next(member& of) noexcept { of.completes_next_ = true; }
  /// Completes a wait, or all of a member's, with ECANCELED. No effect on one that has completed.
  void cancel(wait& one, member& of) noexcept;
  void cancel(member& of) noexcept;
  /// Completes all waits with `error`.
  void complete_all(int error) noexcept;
  /// Removes a wait that has not completed. It never will.
  void withdraw(wait& one, member& of) noexcept;

  /// A receive has found the queue empty: it returned fewer bytes than there was memory for, or EAGAIN. No
  /// effect where a short count does not show that: a Unix socket also returns one between messages that
  /// carry descriptors.
  ///
  /// Requires: no `collect` has been called since that receive was started.
  void drained(member& of) noexcept;

  /// Asks the kernel which descriptors are ready, and sleeps at most for `timeout` milliseconds (-1: without
  /// a limit) until there is one. Returns how many waits that completes; none if a signal has ended the
  /// sleep.
  std::size_t collect(int timeout = 0) noexcept;

  /// The number of waits that have not completed.
  std::size_t waiting() const noexcept { return waiting_; }
  /// The waits that have completed. The owner takes them.
  wait_queue completed;

 private:
  int control(int what, member& of) noexcept;
  // Completes the waits of the member for which `which(wait)` is true.
  template <class Predicate>
  void complete(member& of, int error, Predicate which) noexcept;
  void ready(member& of, unsigned events) noexcept;

  socket set_;  // the epoll descriptor; `socket` serves as its owner
  unsigned made_after_forks_ = 0;
  std::size_t waiting_ = 0;
  member* first_ = nullptr;
};

}  // namespace detail
}  // namespace trivium
