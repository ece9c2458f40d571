// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "system.hpp"

#include <fcntl.h>
#include <linux/sockios.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>

namespace trivium {

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
    .duplicate_to = [](int descriptor, int number) { return ::dup3(descriptor, number, O_CLOEXEC); },
    .close = ::close,

    .ppoll = ::ppoll,
    .eventfd = ::eventfd,
    .epoll_create1 = ::epoll_create1,
    .epoll_ctl = ::epoll_ctl,
    .read = ::read,
    .write = ::write,
    .sched_yield = ::sched_yield,
    .now = [] { return clock::now(); },

    .lstat = ::lstat,
    .unlink = ::unlink,
    .getpid = ::getpid,

    .getaddrinfo = ::getaddrinfo,
    .freeaddrinfo = ::freeaddrinfo,
    .signal_mask = ::pthread_sigmask,
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
