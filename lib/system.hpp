// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Every system call of the library, and its clock, in one table. A test replaces the table to answer in the
// kernel's place. Nothing else under lib/ or include/ asks the kernel for anything.
#pragma once

#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

#include <atomic>
#include <cerrno>
#include <trivium/error.hpp>
#include <trivium/limits.hpp>

namespace trivium {

struct system_table {
  // bytes
  ssize_t (*send)(int, void const*, std::size_t, int);
  ssize_t (*sendmsg)(int, msghdr const*, int);
  ssize_t (*recv)(int, void*, std::size_t, int);
  ssize_t (*recvmsg)(int, msghdr*, int);
  ssize_t (*sendfile)(int, int, off_t*, std::size_t);
  ssize_t (*receive_to_pipe)(int, int, std::size_t);  // splice: from a socket, to a pipe
  ssize_t (*send_from_pipe)(int, int, std::size_t);   // splice: from a pipe, to a socket
  int (*queued)(int, int*);                           // ioctl SIOCOUTQ: what the peer has not taken
  int (*arrived)(int, int*);                          // ioctl FIONREAD: what can be received

  // sockets
  int (*socket)(int, int, int);
  int (*connect)(int, sockaddr const*, socklen_t);
  int (*bind)(int, sockaddr const*, socklen_t);
  int (*listen)(int, int);
  int (*accept4)(int, sockaddr*, socklen_t*, int);
  int (*shutdown)(int, int);
  int (*getsockname)(int, sockaddr*, socklen_t*);
  int (*getpeername)(int, sockaddr*, socklen_t*);
  int (*getsockopt)(int, int, int, void*, socklen_t*);
  int (*setsockopt)(int, int, int, void const*, socklen_t);
  int (*get_flags)(int);
  int (*set_flags)(int, int);
  int (*get_descriptor_flags)(int);
  int (*duplicate)(int);
  int (*dup3)(int, int, int);
  int (*close)(int);

  // waiting
  int (*ppoll)(pollfd*, nfds_t, timespec const*, sigset_t const*);
  int (*eventfd)(unsigned, int);
  int (*epoll_create1)(int);
  int (*epoll_ctl)(int, int, int, epoll_event*);
  int (*epoll_wait)(int, epoll_event*, int, int);
  ssize_t (*read)(int, void*, std::size_t);
  ssize_t (*write)(int, void const*, std::size_t);
  int (*sched_yield)();
  time_point (*now)();

  // files that are sent and received
  int (*open)(char const*, int, mode_t);
  int (*fstat)(int, struct stat*);
  ssize_t (*pread)(int, void*, std::size_t, off_t);
  ssize_t (*pwrite)(int, void const*, std::size_t, off_t);
  int (*ftruncate)(int, off_t);
  int (*fallocate)(int, int, off_t, off_t);
  int (*fsync)(int);
  ssize_t (*write_from_pipe)(int, int, off_t*, std::size_t);  // splice: from a pipe, to a file
  int (*pipe2)(int*, int);
  int (*set_pipe_size)(int, int);
  int (*get_pipe_size)(int);

  // the file of a Unix socket, and the process that made it
  char* (*getcwd)(char*, std::size_t);
  int (*lstat)(char const*, struct stat*);
  int (*unlink)(char const*);
  pid_t (*getpid)();
  int (*kill)(pid_t, int);

  // signals of this thread
  int (*signal_mask)(int, sigset_t const*, sigset_t*);
  int (*sigpending)(sigset_t*);
  int (*sigtimedwait)(sigset_t const*, siginfo_t*, timespec const*);

  // look-ups of names, and their threads
  int (*getaddrinfo)(char const*, char const*, addrinfo const*, addrinfo**);
  void (*freeaddrinfo)(addrinfo*);
  int (*start_thread)(void* (*)(void*));  // pthread_create, detached; the error is what it returns
};

/// The kernel's own calls.
[[gnu::visibility("hidden")]] extern system_table const kernel;  // so that all code reaches it directly

/// The table in force: `kernel`, except during the lifetime of a replaced_system. Inline, because a call that
/// moves bytes would otherwise keep its arguments in memory meanwhile.
[[gnu::visibility("hidden")]] extern std::atomic<system_table const*> system_in_force;
inline system_table const& system() noexcept {
  return *system_in_force.load(std::memory_order_acquire);
}

/// Puts `table` in force for its own lifetime, in every thread. For tests.
class replaced_system {
 public:
  explicit replaced_system(system_table const& table) noexcept;
  ~replaced_system();
  replaced_system(replaced_system const&) = delete;
  replaced_system& operator=(replaced_system const&) = delete;

 private:
  system_table const* const before_;
};

/// The errno of this thread's last call.
inline error_code last_error() noexcept {
  return {errno, boost::system::system_category()};
}

}  // namespace trivium
