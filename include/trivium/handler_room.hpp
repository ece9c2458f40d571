// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Where Asio's intermediate handlers live: in the operation that they belong to, so that a wait allocates
// nothing.
#pragma once

#include <atomic>
#include <boost/asio/recycling_allocator.hpp>
#include <cstddef>

namespace trivium::async {

/// What Asio 1.81 needs of an intermediate handler, to wait, or to queue it behind a strand; behind
/// any_io_executor on 64 bits, as most programs have it.
inline constexpr std::size_t wait_room = 192, timer_room = 176;

/// Room for one intermediate handler of Asio's; what does not fit, or comes while it is taken, is allocated.
template <std::size_t Size>
class handler_room {
 public:
  void* take(std::size_t size) {
    if (size <= sizeof room_ && !taken_.exchange(true, std::memory_order_acquire)) return room_;
    return boost::asio::recycling_allocator<std::byte>{}.allocate(size);
  }
  void give_back(void* memory, std::size_t size) noexcept {
    if (memory == room_)
      taken_.store(false, std::memory_order_release);
    else
      boost::asio::recycling_allocator<std::byte>{}.deallocate(static_cast<std::byte*>(memory), size);
  }

 private:
  std::atomic<bool> taken_{false};
  alignas(void*) std::byte room_[Size];
};

template <class T, std::size_t Size>
class room_allocator {
 public:
  using value_type = T;
  template <class U>
  struct rebind {
    using other = room_allocator<U, Size>;
  };

  explicit room_allocator(handler_room<Size>& room) noexcept : room_{&room} {}
  template <class U>
  room_allocator(room_allocator<U, Size> const& from) noexcept : room_{from.room_} {}

  T* allocate(std::size_t n) {
    static_assert(alignof(T) <= alignof(void*), "a room is aligned for pointers only");
    return static_cast<T*>(room_->take(n * sizeof(T)));
  }
  void deallocate(T* memory, std::size_t n) noexcept { room_->give_back(memory, n * sizeof(T)); }
  friend bool operator==(room_allocator const& left, room_allocator const& right) noexcept {
    return left.room_ == right.room_;
  }

 private:
  template <class, std::size_t>
  friend class room_allocator;
  handler_room<Size>* room_;
};

}  // namespace trivium::async
