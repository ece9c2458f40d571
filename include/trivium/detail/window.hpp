// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The memory of a payload whose bytes are in no buffer of the caller's: what one end has given, and the other
// has not taken yet.
#pragma once

#include <trivium/config.hpp>

#include <sys/uio.h>

#include <cstddef>
#include <memory>

namespace TRIVIUM_EXPORT trivium {
namespace detail {

/// A buffer that is filled at its end and emptied at its front. It has no memory until it is first used, then
/// 64 KiB, and twice as much each time that it was filled to its end, up to 1 MiB.
class window {
 public:
  static constexpr std::size_t first_capacity = std::size_t{64} << 10, last_capacity = std::size_t{1} << 20;

  /// The number of bytes that it holds.
  std::size_t size() const noexcept { return end_ - begin_; }
  bool empty() const noexcept { return begin_ == end_; }
  /// Whether it was filled to its end the last time.
  bool was_filled() const noexcept { return end_ == capacity_; }

  /// At most `most` of the bytes that it holds.
  iovec front(std::size_t most) const noexcept;
  /// Removes `bytes` from the front.
  void consume(std::size_t bytes) noexcept { begin_ += bytes; }

  /// Room for at most `most` bytes; empty if there is no memory for it. Requires: empty().
  iovec room(std::size_t most) noexcept;
  /// The first `bytes` of that room have been filled.
  void fill(std::size_t bytes) noexcept { end_ = bytes; }

 private:
  std::unique_ptr<std::byte[]> memory_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0, end_ = 0;
};

}  // namespace detail
}  // namespace trivium
