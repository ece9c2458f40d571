// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Answers in the kernel's place, made to order, and a count of what was asked.
#pragma once

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <system.hpp>

namespace trivium::test {

/// What the seam sees of one system call that moves bytes.
struct moving_call {
  enum class kind { send, receive } what;
  std::uint64_t number;  // of this kind, from 0
  std::size_t asked;
};

/// What to answer: an errno, or at most so many bytes. Nothing: the kernel's own answer.
struct fault {
  int error = 0;
  std::optional<std::size_t> at_most{};
};

/// While it lives, counts every call of the library and may answer some itself. One at a time.
class faults {
 public:
  using decide = std::function<fault(moving_call const&)>;
  explicit faults(decide script = {});
  ~faults();
  faults(faults const&) = delete;
  faults& operator=(faults const&) = delete;

  /// The one that lives.
  static faults& in_force() noexcept;

  std::uint64_t moving_calls() const noexcept { return sends + receives; }

  // Static, since an abandoned look-up's thread may still close its descriptor when the faults are gone.
  static inline std::atomic<std::uint64_t> sends{0}, receives{0}, polls{0}, all{0}, sockets{0}, closes{0},
      accepts{0}, eventfds{0}, fsyncs{0}, pipes{0};
  /// Added to the clock from now on.
  static inline std::atomic<std::int64_t> clock_jump_ns{0};
  /// If set, the answer of every call of that kind.
  static inline std::atomic<int> accept_error{0}, eventfd_error{0}, ppoll_error{0}, socket_error{0},
      thread_error{0}, pread_error{0}, pwrite_error{0}, fallocate_error{0}, fsync_error{0}, pipe_error{0},
      splice_error{0};
  /// If set, what a pipe holds, and it cannot be made larger.
  static inline std::atomic<int> pipe_size{0};
  /// How much a write to a file takes.
  static inline std::atomic<std::size_t> pwrite_at_most{0};
  /// How many of the next ppoll calls are interrupted at once.
  static inline std::atomic<int> interrupted_polls{0};

  /// Answers look-ups of names (numeric addresses stay the kernel's). Called in the library's thread, which
  /// may outlive this; set it before the look-up begins. What it gives out is freed by freeaddrinfo.
  using look_up = std::function<int(char const* host, char const* service, addrinfo** found)>;
  look_up names;

 private:
  friend struct table;
  decide script_;
  std::optional<replaced_system> in_force_;
};

/// The kernel takes so many bytes, and no more.
inline faults::decide takes(std::size_t bytes) {
  return [left = std::make_shared<std::size_t>(bytes)](moving_call const& call) {
    if (call.what != moving_call::kind::send) return fault{};
    if (*left == 0) return fault{.error = EAGAIN};
    auto const now = std::min(*left, call.asked);
    *left -= now;
    return fault{.at_most = now};
  };
}

}  // namespace trivium::test
