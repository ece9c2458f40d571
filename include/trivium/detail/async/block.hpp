// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The memory block of an asynchronous operation.
#pragma once

#include <trivium/config.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>

namespace trivium::detail {

/// Memory for a `First` and for `behind` further bytes after it, in one allocation. Both parts are aligned to
/// the stricter of alignof(First) and alignof(std::max_align_t).
///
/// Lifetime: deallocates the memory in its destructor unless `keep` was called. It neither constructs nor
/// destroys the objects in the memory.
///
/// Errors: the allocating constructor throws what the allocator throws.
template <class First, class Allocator>
class block {
  static constexpr std::size_t alignment = std::max(alignof(First), alignof(std::max_align_t));
  struct alignas(alignment) unit {
    std::byte bytes[alignment];
  };
  static constexpr std::size_t units(std::size_t bytes) { return (bytes + sizeof(unit) - 1) / sizeof(unit); }
  using unit_allocator = typename std::allocator_traits<Allocator>::template rebind_alloc<unit>;

 public:
  block(Allocator const& from, std::size_t behind)
      : from_{from},
        count_{units(sizeof(First)) + units(behind)},
        memory_{std::allocator_traits<unit_allocator>::allocate(from_, count_)} {}
  /// Takes over a block after `keep` was called on it, given the address of its first object, in order to
  /// deallocate it.
  block(Allocator const& from, First* in, std::size_t behind) noexcept
      : from_{from}, count_{units(sizeof(First)) + units(behind)}, memory_{reinterpret_cast<unit*>(in)} {}
  block(block const&) = delete;
  block& operator=(block const&) = delete;
  ~block() {
    if (memory_ != nullptr) std::allocator_traits<unit_allocator>::deallocate(from_, memory_, count_);
  }

  void* first() noexcept { return memory_; }
  void* second() noexcept { return memory_ + units(sizeof(First)); }
  void keep() noexcept { memory_ = nullptr; }

 private:
  unit_allocator from_;
  std::size_t count_;
  unit* memory_;
};

}  // namespace trivium::detail
