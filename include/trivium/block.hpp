// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The memory of an operation.
#pragma once

#include <cstddef>
#include <memory>

namespace trivium::async {

/// Room for a `First` and, where both are wanted, a `Second` behind it, in one allocation. Gives the memory
/// back unless it is kept; it neither makes the objects nor destroys them.
template <class First, class Second, class Allocator>
class block {
  struct alignas(std::max_align_t) unit {
    std::byte bytes[sizeof(std::max_align_t)];
  };
  static constexpr std::size_t units(std::size_t bytes) { return (bytes + sizeof(unit) - 1) / sizeof(unit); }
  static constexpr std::size_t units_for(bool both) {
    static_assert(alignof(First) <= alignof(unit) && alignof(Second) <= alignof(unit),
                  "the handler is over-aligned");
    return units(sizeof(First)) + (both ? units(sizeof(Second)) : 0);
  }
  using unit_allocator = typename std::allocator_traits<Allocator>::template rebind_alloc<unit>;

 public:
  block(Allocator const& from, bool both)
      : from_{from},
        count_{units_for(both)},
        memory_{std::allocator_traits<unit_allocator>::allocate(from_, count_)} {}
  /// One that was kept, by the address of what stands in it.
  block(Allocator const& from, First* in, bool both) noexcept
      : from_{from}, count_{units_for(both)}, memory_{reinterpret_cast<unit*>(in)} {}
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

}  // namespace trivium::async
