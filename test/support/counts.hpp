// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Counts what a thread asks of the kernel past the library's seam (Asio's reactor), and of the heap. Only a
// program that links test_counts counts; there the symbols of the C library are replaced.
#pragma once

#include <cstddef>
#include <cstdint>

namespace trivium::test {

/// Of the calling thread, since it began.
struct counts {
  std::uint64_t epoll_waits = 0;
  std::uint64_t epoll_ctls = 0;
  std::uint64_t timer_settings = 0;  // timerfd_settime
  std::uint64_t allocations = 0;
};
counts counted() noexcept;

/// Whether all allocations are counted: not under a sanitizer, which has a heap of its own.
extern bool const counts_allocations;

/// How many bytes of heap all threads hold. (0 where allocations are not counted.)
std::int64_t heap_in_use() noexcept;

/// How much more heap the calling thread has held at once, at most, than when this began. One at a time.
class heap_peak {
 public:
  heap_peak() noexcept;
  std::size_t bytes() const noexcept;
};

/// While it lives, the calling thread's allocation after `after` others fails, or all from that one on. One
/// at a time. (Under a sanitizer: of those by operator new and aligned_alloc.)
class failing_allocation {
 public:
  enum class how_many { one, all };
  explicit failing_allocation(std::uint64_t after, how_many = how_many::one) noexcept;
  ~failing_allocation();
  failing_allocation(failing_allocation const&) = delete;
  failing_allocation& operator=(failing_allocation const&) = delete;

  /// Whether it came to that.
  bool happened() const noexcept;

 private:
  std::uint64_t const at_;
};

}  // namespace trivium::test
