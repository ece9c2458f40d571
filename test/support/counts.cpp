// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "counts.hpp"

#include <malloc.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <new>

namespace trivium::test {
namespace {

// Of trivial types: a thread's first access neither allocates nor runs a constructor.
thread_local constinit counts of_this_thread{};
thread_local constinit std::int64_t held = 0;
thread_local constinit std::int64_t held_at_most = 0;
thread_local constinit std::int64_t held_at_first = 0;
constinit std::atomic<std::int64_t> held_by_all{0};
// What precedes an epoll_ctl happens before what an epoll_wait reports of it. ThreadSanitizer knows that of
// the C library's functions, and not of those that replace them here.
constinit std::atomic<std::uint64_t> epoll_controls{0};
thread_local constinit std::uint64_t failing = 0;  // the number of the allocation that fails; 0: none does
thread_local constinit bool failing_goes_on = false;

// Whether the allocation that is asked for fails.
bool fails() noexcept {
  auto const number = ++of_this_thread.allocations;
  if (failing == 0 || number < failing || (number > failing && !failing_goes_on)) return false;
  errno = ENOMEM;  // as malloc leaves it: glibc itself looks there
  return true;
}

}  // namespace

counts counted() noexcept {
  return of_this_thread;
}

std::int64_t heap_in_use() noexcept {
  return held_by_all.load(std::memory_order_relaxed);
}

heap_peak::heap_peak() noexcept {
  held_at_first = held_at_most = held;
}
std::size_t heap_peak::bytes() const noexcept {
  return static_cast<std::size_t>(held_at_most - held_at_first);
}

failing_allocation::failing_allocation(std::uint64_t after, how_many fail) noexcept
    : at_{of_this_thread.allocations + after + 1} {
  failing = at_;
  failing_goes_on = fail == how_many::all;
}
failing_allocation::~failing_allocation() {
  failing = 0;
}
bool failing_allocation::happened() const noexcept {
  return of_this_thread.allocations >= at_;
}

}  // namespace trivium::test

using trivium::test::epoll_controls;
using trivium::test::fails;
using trivium::test::of_this_thread;

extern "C" {

int epoll_wait(int epoll, epoll_event* events, int most, int timeout) {
  ++of_this_thread.epoll_waits;
  auto const ready = static_cast<int>(::syscall(SYS_epoll_pwait, epoll, events, most, timeout, nullptr, 0));
  static_cast<void>(epoll_controls.load(std::memory_order_acquire));
  return ready;
}

int epoll_ctl(int epoll, int what, int descriptor, epoll_event* event) noexcept {
  ++of_this_thread.epoll_ctls;
  epoll_controls.fetch_add(1, std::memory_order_release);
  return static_cast<int>(::syscall(SYS_epoll_ctl, epoll, what, descriptor, event));
}

int timerfd_settime(int timer, int flags, itimerspec const* to, itimerspec* before) noexcept {
  ++of_this_thread.timer_settings;
  return static_cast<int>(::syscall(SYS_timerfd_settime, timer, flags, to, before));
}

}  // extern "C"

#ifdef TRIVIUM_SANITIZED

bool const trivium::test::counts_allocations = false;

// What the linker lets through here (--wrap): the sanitizer's own are behind it.
extern "C" {

void* __real__Znwm(std::size_t);  // operator new
void* __wrap__Znwm(std::size_t size) {
  if (fails()) throw std::bad_alloc{};
  return __real__Znwm(size);
}

void* __real__Znam(std::size_t);  // operator new[]
void* __wrap__Znam(std::size_t size) {
  if (fails()) throw std::bad_alloc{};
  return __real__Znam(size);
}

void* __real_aligned_alloc(std::size_t, std::size_t) noexcept;
void* __wrap_aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return fails() ? nullptr : __real_aligned_alloc(alignment, size);
}

}  // extern "C"

#else

bool const trivium::test::counts_allocations = true;

namespace {

void* taken(void* memory) noexcept {
  auto const bytes = static_cast<std::int64_t>(::malloc_usable_size(memory));
  trivium::test::held_by_all.fetch_add(bytes, std::memory_order_relaxed);
  trivium::test::held += bytes;
  trivium::test::held_at_most = std::max(trivium::test::held_at_most, trivium::test::held);
  return memory;
}

void given_back(void* memory) noexcept {
  auto const bytes = static_cast<std::int64_t>(::malloc_usable_size(memory));
  trivium::test::held_by_all.fetch_sub(bytes, std::memory_order_relaxed);
  trivium::test::held -= bytes;
}

}  // namespace

// glibc's own names for its heap; all of operator new comes through these.
extern "C" {

void* __libc_malloc(std::size_t) noexcept;
void* __libc_calloc(std::size_t, std::size_t) noexcept;
void* __libc_realloc(void*, std::size_t) noexcept;
void* __libc_memalign(std::size_t, std::size_t) noexcept;
void __libc_free(void*) noexcept;

void* malloc(std::size_t size) noexcept {
  return fails() ? nullptr : taken(__libc_malloc(size));
}
void* calloc(std::size_t n, std::size_t size) noexcept {
  return fails() ? nullptr : taken(__libc_calloc(n, size));
}
void* realloc(void* memory, std::size_t size) noexcept {
  if (fails()) return nullptr;
  given_back(memory);
  return taken(__libc_realloc(memory, size));
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
  return fails() ? nullptr : taken(__libc_memalign(alignment, size));
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return memalign(alignment, size);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) noexcept {
  *memory = memalign(alignment, size);
  return *memory != nullptr ? 0 : ENOMEM;
}
void free(void* memory) noexcept {
  given_back(memory);
  __libc_free(memory);
}

}  // extern "C"

#endif
