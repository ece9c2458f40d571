// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "system.hpp"

#include <fcntl.h>
#include <linux/sockios.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>

namespace trivium {
namespace {

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
    .send = ::send,
    .sendmsg = ::sendmsg,
    .recv = ::recv,
    .recvmsg = ::recvmsg,
    .queued = [](int descriptor, int* bytes) { return ::ioctl(descriptor, SIOCOUTQ, bytes); },

    .socket = ::socket,
    .connect = ::connect,
    .bind = ::bind,
    .listen = ::listen,
    .accept4 = ::accept4,
    .shutdown = ::shutdown,
    .getsockname = ::getsockname,
    .getpeername = ::getpeername,
    .getsockopt = ::getsockopt,
    .setsockopt = ::setsockopt,
    .get_flags = [](int descriptor) { return ::fcntl(descriptor, F_GETFL); },
    .set_flags = [](int descriptor, int flags) { return ::fcntl(descriptor, F_SETFL, flags); },
    .duplicate = [](int descriptor) { return ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0); },
    .dup3 = ::dup3,
    .close = ::close,

    .ppoll = ::ppoll,
    .eventfd = ::eventfd,
    .epoll_create1 = ::epoll_create1,
    .epoll_ctl = ::epoll_ctl,
    .read = ::read,
    .write = ::write,
    .sched_yield = ::sched_yield,
    .now = [] { return clock::now(); },

    .getcwd = ::getcwd,
    .lstat = ::lstat,
    .unlink = ::unlink,
    .getpid = ::getpid,
    .kill = ::kill,

    .getaddrinfo = ::getaddrinfo,
    .freeaddrinfo = ::freeaddrinfo,
    .signal_mask = ::pthread_sigmask,
    .start_thread = start_thread,
};

namespace {
constinit std::atomic<system_table const*> in_force{&kernel};
}

system_table const& system() noexcept {
  return *in_force.load(std::memory_order_acquire);
}

time_point now() noexcept {
  return system().now();
}

replaced_system::replaced_system(system_table const& table) noexcept
    : before_{in_force.exchange(&table, std::memory_order_acq_rel)} {}

replaced_system::~replaced_system() {
  in_force.store(before_, std::memory_order_release);
}

}  // namespace trivium
