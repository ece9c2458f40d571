// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Memory for Asio's intermediate handlers. It is part of the operation that they belong to, so that a wait
// allocates nothing.
#pragma once

#include <trivium/config.hpp>

#include <atomic>
#include <boost/asio/recycling_allocator.hpp>
#include <cstddef>

namespace trivium::detail {

/// The sizes that Asio 1.81 allocates for an intermediate handler, to wait or to queue it in a strand, where
/// the executor is any_io_executor on a 64-bit platform, as it is in most programs.
inline constexpr std::size_t wait_storage = 192, timer_storage = 176;

/// Memory for one intermediate handler of Asio's. A handler that does not fit, or that is allocated while the
/// memory is in use, is allocated from Asio's recycling allocator.
///
/// Lifetime: the `Owner` of which this is a part must not be freed while the memory is in use; see `await`.
/// (A strand keeps itself alive independently of the handlers that it runs. When a context is destroyed, the
/// handlers are destroyed first.)
///
/// Threads: any.
template <std::size_t Size, class Owner>
class handler_storage {
 public:
  void* take(std::size_t size) {
    if (size <= sizeof room_ && (state_.exchange(taken, std::memory_order_acquire) & taken) == 0)
      return room_;
    return boost::asio::recycling_allocator<std::byte>{}.allocate(size);
  }
  /// Deallocates. Calls `Owner::deallocated`, once, if `await` has returned true.
  void give_back(void* memory, std::size_t size) noexcept {
    if (memory != room_)
      boost::asio::recycling_allocator<std::byte>{}.deallocate(static_cast<std::byte*>(memory), size);
    else if ((state_.exchange(0, std::memory_order_acq_rel) & awaited) != 0)
      Owner::deallocated(*this);
  }

  /// Returns whether the memory is in use. If so, `Owner::deallocated` is called, once, when it is
  /// deallocated.
  bool await() noexcept { return (state_.fetch_or(awaited, std::memory_order_acq_rel) & taken) != 0; }

 private:
  static constexpr unsigned char taken = 1, awaited = 2;
  std::atomic<unsigned char> state_{0};
  alignas(void*) std::byte room_[Size];
};

/// An allocator, as Asio requires of a handler, that allocates from a handler_storage.
template <class T, class Room>
class storage_allocator {
 public:
  using value_type = T;
  template <class U>
  struct rebind {
    using other = storage_allocator<U, Room>;
  };

  explicit storage_allocator(Room& room) noexcept : room_{&room} {}
  template <class U>
  storage_allocator(storage_allocator<U, Room> const& from) noexcept : room_{from.room_} {}

  T* allocate(std::size_t n) {
    static_assert(alignof(T) <= alignof(void*), "a room is aligned for pointers only");
    return static_cast<T*>(room_->take(n * sizeof(T)));
  }
  void deallocate(T* memory, std::size_t n) noexcept { room_->give_back(memory, n * sizeof(T)); }
  friend bool operator==(storage_allocator const& left, storage_allocator const& right) noexcept {
    return left.room_ == right.room_;
  }

 private:
  template <class, class>
  friend class storage_allocator;
  Room* room_;
};

}  // namespace trivium::detail
