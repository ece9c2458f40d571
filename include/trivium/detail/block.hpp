// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The memory of an operation.
#pragma once

#include <trivium/config.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>

namespace trivium::detail {

/// Room for a `First` and so many bytes behind it, in one allocation, both aligned as the stricter of First
/// and std::max_align_t asks. Gives the memory back unless it is kept; it neither makes the object nor
/// destroys it.
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
  /// One that was kept, by the address of what stands in it.
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
