// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "system.hpp"

#include <fcntl.h>
#include <linux/sockios.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#endif
#include <unistd.h>

namespace trivium {
namespace {

// Whether the process has one thread, which no other can cancel then.
bool is_single_threaded() noexcept {
#if __has_include(<sys/single_threaded.h>)
  return __libc_single_threaded != 0;
#else
  return false;
#endif
}

// A system call in which the thread is not cancelled: pthread_cancel would unwind the stack through functions
// that are noexcept, and the count would be lost. syscall(2) would cost less, but sanitizers, and libraries
// that replace the kernel's TCP, intercept a program's calls by the names of the C library.
template <auto Call>
struct uncancelled;
template <class Result, class... Arguments, Result (*Call)(Arguments...)>
struct uncancelled<Call> {
  static Result call(Arguments... arguments) {
    return is_single_threaded() ? Call(arguments...) : among_threads(arguments...);
  }
  // Not inlined, so that the other path reserves no stack for it.
  [[gnu::noinline]] static Result among_threads(Arguments... arguments) {
    int before = PTHREAD_CANCEL_ENABLE;
    ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    Result const answer = Call(arguments...);
    ::pthread_setcancelstate(before, nullptr);
    return answer;
  }
};

int open_with_mode(char const* path, int flags, mode_t mode) {
  return ::open(path, flags, mode);
}

ssize_t receive_to_pipe(int socket, int pipe, std::size_t bytes) {
  return ::splice(socket, nullptr, pipe, nullptr, bytes, SPLICE_F_MOVE);
}
ssize_t send_from_pipe(int pipe, int socket, std::size_t bytes) {
  return ::splice(pipe, nullptr, socket, nullptr, bytes, SPLICE_F_MOVE);
}
ssize_t write_from_pipe(int pipe, int file, off_t* at, std::size_t bytes) {
  return ::splice(pipe, nullptr, file, at, bytes, SPLICE_F_MOVE);
}

int start_thread(void* (*work)(void*)) {
  pthread_attr_t attributes;
  if (int const code = ::pthread_attr_init(&attributes); code != 0) return code;
  ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread;
  int const code = ::pthread_create(&thread, &attributes, work, nullptr);
  ::pthread_attr_destroy(&attributes);
  return code;
}

}  // namespace

constinit system_table const kernel{
    .send = uncancelled<&::send>::call,
    .sendmsg = uncancelled<&::sendmsg>::call,
    .recv = uncancelled<&::recv>::call,
    .recvmsg = uncancelled<&::recvmsg>::call,
    .sendfile = uncancelled<&::sendfile>::call,
    .receive_to_pipe = uncancelled<receive_to_pipe>::call,
    .send_from_pipe = uncancelled<send_from_pipe>::call,
    .queued = [](int descriptor, int* bytes) { return ::ioctl(descriptor, SIOCOUTQ, bytes); },
    .arrived = [](int descriptor, int* bytes) { return ::ioctl(descriptor, FIONREAD, bytes); },

    .socket = ::socket,
    .connect = uncancelled<&::connect>::call,
    .bind = ::bind,
    .listen = ::listen,
    .accept4 = uncancelled<&::accept4>::call,
    .shutdown = ::shutdown,
    .getsockname = ::getsockname,
    .getpeername = ::getpeername,
    .getsockopt = ::getsockopt,
    .setsockopt = ::setsockopt,
    .get_flags = [](int descriptor) { return ::fcntl(descriptor, F_GETFL); },
    .set_flags = [](int descriptor, int flags) { return ::fcntl(descriptor, F_SETFL, flags); },
    .get_descriptor_flags = [](int descriptor) { return ::fcntl(descriptor, F_GETFD); },
    .duplicate = [](int descriptor) { return ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0); },
    .dup3 = ::dup3,
    .close = uncancelled<&::close>::call,

    .ppoll = uncancelled<&::ppoll>::call,
    .eventfd = ::eventfd,
    .epoll_create1 = ::epoll_create1,
    .epoll_ctl = ::epoll_ctl,
    .epoll_wait = uncancelled<&::epoll_wait>::call,
    .read = uncancelled<&::read>::call,
    .write = uncancelled<&::write>::call,
    .sched_yield = ::sched_yield,
    .now = [] { return clock::now(); },

    .open = uncancelled<open_with_mode>::call,
    .fstat = ::fstat,
    .pread = uncancelled<&::pread>::call,
    .pwrite = uncancelled<&::pwrite>::call,
    .ftruncate = ::ftruncate,
    .fallocate = uncancelled<&::fallocate>::call,
    .fsync = uncancelled<&::fsync>::call,
    .write_from_pipe = uncancelled<write_from_pipe>::call,
    .pipe2 = ::pipe2,
    .set_pipe_size = [](int pipe, int bytes) { return ::fcntl(pipe, F_SETPIPE_SZ, bytes); },
    .get_pipe_size = [](int pipe) { return ::fcntl(pipe, F_GETPIPE_SZ); },

    .getcwd = ::getcwd,
    .lstat = ::lstat,
    .unlink = ::unlink,
    .getpid = ::getpid,
    .kill = ::kill,

    .signal_mask = ::pthread_sigmask,
    .sigpending = ::sigpending,
    .sigtimedwait = uncancelled<&::sigtimedwait>::call,

    .getaddrinfo = uncancelled<&::getaddrinfo>::call,
    .freeaddrinfo = ::freeaddrinfo,
    .start_thread = start_thread,
};

constinit std::atomic<system_table const*> system_in_force{&kernel};

time_point now() noexcept {
  return system().now();
}

replaced_system::replaced_system(system_table const& table) noexcept
    : before_{system_in_force.exchange(&table, std::memory_order_acq_rel)} {}

replaced_system::~replaced_system() {
  system_in_force.store(before_, std::memory_order_release);
}

}  // namespace trivium
