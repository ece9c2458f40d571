// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The bytes that a payload has received from one channel, on their way to another or to a file.
#pragma once

#include <trivium/config.hpp>

#include <cstddef>
#include <cstdint>
#include <trivium/channel.hpp>
#include <trivium/detail/window.hpp>
#include <trivium/error.hpp>
#include <utility>

namespace TRIVIUM_EXPORT trivium {
namespace detail {

/// A pipe of the kernel's, that never makes its user sleep.
class pipe {
 public:
  pipe() noexcept = default;
  pipe(pipe&& from) noexcept
      : reading_{std::exchange(from.reading_, -1)},
        writing_{std::exchange(from.writing_, -1)},
        capacity_{from.capacity_} {}
  ~pipe() { close(); }

  bool is_open() const noexcept { return reading_ >= 0; }
  int reading_end() const noexcept { return reading_; }
  int writing_end() const noexcept { return writing_; }
  /// How many bytes it takes at most.
  std::size_t capacity() const noexcept { return capacity_; }

  /// Opens it. Returns false if it cannot be had.
  bool open() noexcept;
  void close() noexcept;

 private:
  int reading_ = -1, writing_ = -1;
  std::size_t capacity_ = 0;
};

/// Holds what was received and not passed on yet. They are held in memory; or, from the first receive that
/// filled 64 KiB on, in a pipe, if both ends are able to: then they are not copied to the program. (Relaying
/// 256 MiB over loopback took 0.43 of the processor time of recv and send with 256 KiB, and receiving them
/// into a file 0.5 to 0.8.)
///
/// Errors: where a pipe cannot be had, or one of the ends takes none, memory is used. ENOMEM without that.
class transit {
 public:
  /// The number of bytes that it holds.
  std::size_t size() const noexcept { return memory_.size() + in_pipe_; }
  bool empty() const noexcept { return size() == 0; }

  /// Makes one attempt to receive at most `most` bytes. Requires: empty().
  attempt receive_from(channel& from, std::size_t most, may_block allowed) noexcept;
  /// Makes one attempt to send at most `most` of the bytes that it holds.
  attempt send_to(channel& to, std::size_t most, may_block allowed) noexcept;
  /// Writes all that it holds to a file, at `position`, which is advanced. What an error leaves it still
  /// holds.
  error_code write_to(int file, std::uint64_t& position) noexcept;

 private:
  bool may_pipe() noexcept;
  void stop_piping() noexcept;
  error_code read_from_pipe() noexcept;

  window memory_;  // what was received first
  pipe pipe_;
  std::size_t in_pipe_ = 0;
  bool is_bulk_ = false;  // a receive has filled the memory
  bool copies_ = false;   // no pipe: there is none to be had, or an end takes none
};

}  // namespace detail
}  // namespace trivium
