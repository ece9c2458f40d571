// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The counting library: preloaded into audit trials, it stands between a program and the C library and
// counts. It sees this project's code, header-only Asio and any other library alike, needs no privilege and
// works in containers. It does not see what the C library does inside (futexes) nor a bare `syscall`
// instruction.
//
// No system header that declares what is defined here may be included: the exception specifications differ.
#include <dlfcn.h>

#include <cstdarg>

#include "counted.hpp"

extern "C" {

// Dynamic TLS is allocated by malloc at first use, and malloc is counted here.
__attribute__((
    visibility("default"),
    tls_model("initial-exec"))) constinit thread_local trivium::bench::call_counts trivium_bench_counts = {};

// The allocator under its own name. Looking `malloc` up would allocate.
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);

}  // extern "C"

namespace {

using trivium::bench::call;
using ssize = std::ptrdiff_t;
using size = std::size_t;
using socklen = unsigned;

void note(call which) {
  ++trivium_bench_counts.of[static_cast<size>(which)];
}

}  // namespace

#define COUNTED(result, name, parameters, arguments)                                            \
  extern "C" __attribute__((visibility("default"))) result name parameters {                    \
    static auto const next = reinterpret_cast<result(*) parameters>(::dlsym(RTLD_NEXT, #name)); \
    note(call::name);                                                                           \
    return next arguments;                                                                      \
  }

COUNTED(ssize, send, (int fd, void const* p, size n, int flags), (fd, p, n, flags))
COUNTED(ssize, sendto, (int fd, void const* p, size n, int flags, void const* to, socklen m),
        (fd, p, n, flags, to, m))
COUNTED(ssize, sendmsg, (int fd, void const* message, int flags), (fd, message, flags))
COUNTED(int, sendmmsg, (int fd, void* messages, unsigned n, int flags), (fd, messages, n, flags))
COUNTED(ssize, write, (int fd, void const* p, size n), (fd, p, n))
COUNTED(ssize, writev, (int fd, void const* pieces, int n), (fd, pieces, n))
COUNTED(ssize, sendfile, (int to, int from, long* at, size n), (to, from, at, n))
COUNTED(ssize, sendfile64, (int to, int from, long* at, size n), (to, from, at, n))
COUNTED(ssize, splice, (int from, long* at, int to, long* there, size n, unsigned flags),
        (from, at, to, there, n, flags))

COUNTED(ssize, recv, (int fd, void* p, size n, int flags), (fd, p, n, flags))
COUNTED(ssize, recvfrom, (int fd, void* p, size n, int flags, void* from, socklen* m),
        (fd, p, n, flags, from, m))
COUNTED(ssize, recvmsg, (int fd, void* message, int flags), (fd, message, flags))
COUNTED(int, recvmmsg, (int fd, void* messages, unsigned n, int flags, void* limit),
        (fd, messages, n, flags, limit))
COUNTED(ssize, read, (int fd, void* p, size n), (fd, p, n))
COUNTED(ssize, readv, (int fd, void const* pieces, int n), (fd, pieces, n))
COUNTED(ssize, __recv_chk, (int fd, void* p, size n, size room, int flags), (fd, p, n, room, flags))
COUNTED(ssize, __recvfrom_chk, (int fd, void* p, size n, size room, int flags, void* from, socklen* m),
        (fd, p, n, room, flags, from, m))
COUNTED(ssize, __read_chk, (int fd, void* p, size n, size room), (fd, p, n, room))

COUNTED(int, poll, (void* fds, unsigned long n, int limit), (fds, n, limit))
COUNTED(int, ppoll, (void* fds, unsigned long n, void const* limit, void const* mask), (fds, n, limit, mask))
COUNTED(int, __poll_chk, (void* fds, unsigned long n, int limit, size room), (fds, n, limit, room))
COUNTED(int, __ppoll_chk, (void* fds, unsigned long n, void const* limit, void const* mask, size room),
        (fds, n, limit, mask, room))
COUNTED(int, select, (int n, void* r, void* w, void* e, void* limit), (n, r, w, e, limit))
COUNTED(int, pselect, (int n, void* r, void* w, void* e, void const* limit, void const* mask),
        (n, r, w, e, limit, mask))
COUNTED(int, epoll_wait, (int fd, void* events, int n, int limit), (fd, events, n, limit))
COUNTED(int, epoll_pwait, (int fd, void* events, int n, int limit, void const* mask),
        (fd, events, n, limit, mask))
COUNTED(int, epoll_pwait2, (int fd, void* events, int n, void const* limit, void const* mask),
        (fd, events, n, limit, mask))
COUNTED(int, nanosleep, (void const* lasting, void* left), (lasting, left))
COUNTED(int, clock_nanosleep, (int clock, int flags, void const* till, void* left),
        (clock, flags, till, left))
COUNTED(int, sched_yield, (), ())

COUNTED(int, epoll_ctl, (int fd, int what, int whom, void* event), (fd, what, whom, event))
COUNTED(int, epoll_create1, (int flags), (flags))
COUNTED(int, accept, (int fd, void* from, socklen* m), (fd, from, m))
COUNTED(int, accept4, (int fd, void* from, socklen* m, int flags), (fd, from, m, flags))
COUNTED(int, connect, (int fd, void const* to, socklen m), (fd, to, m))
COUNTED(int, shutdown, (int fd, int how), (fd, how))
COUNTED(int, socket, (int family, int type, int protocol), (family, type, protocol))
COUNTED(int, close, (int fd), (fd))
COUNTED(int, getsockopt, (int fd, int level, int name, void* value, socklen* n), (fd, level, name, value, n))
COUNTED(int, setsockopt, (int fd, int level, int name, void const* value, socklen n),
        (fd, level, name, value, n))
COUNTED(ssize, pread, (int fd, void* p, size n, long at), (fd, p, n, at))
COUNTED(ssize, pread64, (int fd, void* p, size n, long at), (fd, p, n, at))
COUNTED(ssize, __pread_chk, (int fd, void* p, size n, long at, size room), (fd, p, n, at, room))
COUNTED(ssize, __pread64_chk, (int fd, void* p, size n, long at, size room), (fd, p, n, at, room))
COUNTED(int, fstat, (int fd, void* file), (fd, file))
COUNTED(int, fstat64, (int fd, void* file), (fd, file))
COUNTED(int, pthread_sigmask, (int how, void const* set, void* before), (how, set, before))
COUNTED(int, sigtimedwait, (void const* set, void* info, void const* limit), (set, info, limit))
COUNTED(int, timerfd_create, (int clock, int flags), (clock, flags))
COUNTED(int, timerfd_settime, (int fd, int flags, void const* till, void* last), (fd, flags, till, last))
COUNTED(int, eventfd, (unsigned value, int flags), (value, flags))

// A variadic function cannot hand its arguments on. These take one more argument at most, which fits a
// register.
#define COUNTED_WITH_ONE_MORE(name, request)                                                          \
  extern "C" __attribute__((visibility("default"))) int name(int fd, request what, ...) {             \
    static auto const next = reinterpret_cast<int (*)(int, request, ...)>(::dlsym(RTLD_NEXT, #name)); \
    std::va_list more;                                                                                \
    va_start(more, what);                                                                             \
    auto* const argument = va_arg(more, void*);                                                       \
    va_end(more);                                                                                     \
    note(call::name);                                                                                 \
    return next(fd, what, argument);                                                                  \
  }

COUNTED_WITH_ONE_MORE(ioctl, unsigned long)
COUNTED_WITH_ONE_MORE(fcntl, int)
COUNTED_WITH_ONE_MORE(fcntl64, int)

extern "C" __attribute__((visibility("default"))) long syscall(long number, ...) {
  static auto const next = reinterpret_cast<long (*)(long, ...)>(::dlsym(RTLD_NEXT, "syscall"));
  std::va_list more;
  va_start(more, number);
  long argument[6];
  for (auto& each : argument) each = va_arg(more, long);
  va_end(more);
  note(call::syscall);
  return next(number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
}

extern "C" {

__attribute__((visibility("default"))) void* malloc(size n) {
  note(call::malloc);
  return __libc_malloc(n);
}

__attribute__((visibility("default"))) void* calloc(size n, size each) {
  note(call::calloc);
  return __libc_calloc(n, each);
}

__attribute__((visibility("default"))) void* realloc(void* p, size n) {
  note(call::realloc);
  return __libc_realloc(p, n);
}

__attribute__((visibility("default"))) void* aligned_alloc(size alignment, size n) {
  note(call::aligned_alloc);
  return __libc_memalign(alignment, n);
}

__attribute__((visibility("default"))) void* memalign(size alignment, size n) {
  note(call::memalign);
  return __libc_memalign(alignment, n);
}

__attribute__((visibility("default"))) int posix_memalign(void** p, size alignment, size n) {
  constexpr auto no_memory = 12;  // ENOMEM: <cerrno> is fine, but what it includes may not be
  note(call::posix_memalign);
  *p = __libc_memalign(alignment, n);
  return *p == nullptr ? no_memory : 0;
}

__attribute__((visibility("default"))) void free(void* p) {
  note(call::free);
  __libc_free(p);
}

}  // extern "C"
