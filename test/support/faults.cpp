// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "faults.hpp"

#include <algorithm>
#include <limits>

namespace trivium::test {

// The table's functions take no context: the one `faults` that lives is theirs.
static faults* current = nullptr;

namespace {

std::size_t length(msghdr const& message) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i != message.msg_iovlen; ++i) bytes += message.msg_iov[i].iov_len;
  return bytes;
}

int error_if(std::atomic<int> const& code) {
  auto const error = code.load();
  if (error != 0) errno = error;
  return error;
}

}  // namespace

struct table {
  static fault ask(moving_call::kind what, std::size_t asked) {
    auto& counter = what == moving_call::kind::send ? faults::sends : faults::receives;
    ++faults::all;
    auto const number = counter++;
    return current->script_ ? current->script_({what, number, asked}) : fault{};
  }

  static ssize_t send(int fd, void const* data, std::size_t size, int flags) {
    auto const answer = ask(moving_call::kind::send, size);
    if (answer.error != 0) return errno = answer.error, -1;
    return kernel.send(fd, data, std::min(size, answer.at_most.value_or(size)), flags);
  }
  static ssize_t recv(int fd, void* data, std::size_t size, int flags) {
    auto const answer = ask(moving_call::kind::receive, size);
    if (answer.error != 0) return errno = answer.error, -1;
    return kernel.recv(fd, data, std::min(size, answer.at_most.value_or(size)), flags);
  }
  static ssize_t sendfile(int fd, int file, off_t* offset, std::size_t size) {
    auto const answer = ask(moving_call::kind::send, size);
    if (answer.error != 0) return errno = answer.error, -1;
    return kernel.sendfile(fd, file, offset, std::min(size, answer.at_most.value_or(size)));
  }
  static ssize_t receive_to_pipe(int fd, int pipe, std::size_t size) {
    auto const answer = ask(moving_call::kind::receive, size);
    if (answer.error != 0) return errno = answer.error, -1;
    if (error_if(faults::splice_error) != 0) return -1;
    return kernel.receive_to_pipe(fd, pipe, std::min(size, answer.at_most.value_or(size)));
  }
  static ssize_t send_from_pipe(int pipe, int fd, std::size_t size) {
    auto const answer = ask(moving_call::kind::send, size);
    if (answer.error != 0) return errno = answer.error, -1;
    if (error_if(faults::splice_error) != 0) return -1;
    return kernel.send_from_pipe(pipe, fd, std::min(size, answer.at_most.value_or(size)));
  }
  static ssize_t write_from_pipe(int pipe, int file, off_t* at, std::size_t size) {
    if (error_if(faults::pwrite_error) != 0) return -1;
    return kernel.write_from_pipe(pipe, file, at, std::min(size, faults::pwrite_at_most.load()));
  }
  static int pipe2(int* ends, int flags) {
    if (error_if(faults::pipe_error) != 0) return -1;
    ++faults::pipes;
    return kernel.pipe2(ends, flags);
  }
  static int set_pipe_size(int pipe, int bytes) {
    if (faults::pipe_size != 0) return errno = EPERM, -1;
    return kernel.set_pipe_size(pipe, bytes);
  }
  static int get_pipe_size(int pipe) {
    return faults::pipe_size != 0 ? faults::pipe_size.load() : kernel.get_pipe_size(pipe);
  }
  static ssize_t pread(int fd, void* into, std::size_t size, off_t offset) {
    if (error_if(faults::pread_error) != 0) return -1;
    return kernel.pread(fd, into, size, offset);
  }
  static ssize_t pwrite(int fd, void const* from, std::size_t size, off_t offset) {
    if (error_if(faults::pwrite_error) != 0) return -1;
    return kernel.pwrite(fd, from, std::min(size, faults::pwrite_at_most.load()), offset);
  }
  static int fallocate(int fd, int mode, off_t offset, off_t length) {
    if (error_if(faults::fallocate_error) != 0) return -1;
    return kernel.fallocate(fd, mode, offset, length);
  }
  static int fsync(int fd) {
    ++faults::fsyncs;
    if (error_if(faults::fsync_error) != 0) return -1;
    return kernel.fsync(fd);
  }
  // A short answer to many pieces is one to the first: as good as any.
  static ssize_t sendmsg(int fd, msghdr const* message, int flags) {
    auto const answer = ask(moving_call::kind::send, length(*message));
    if (answer.error != 0) return errno = answer.error, -1;
    if (!answer.at_most) return kernel.sendmsg(fd, message, flags);
    auto const& first = message->msg_iov[0];
    return kernel.send(fd, first.iov_base, std::min(first.iov_len, *answer.at_most), flags);
  }
  static ssize_t recvmsg(int fd, msghdr* message, int flags) {
    auto const answer = ask(moving_call::kind::receive, length(*message));
    if (answer.error != 0) return errno = answer.error, -1;
    if (!answer.at_most) return kernel.recvmsg(fd, message, flags);
    auto const& first = message->msg_iov[0];
    return kernel.recv(fd, first.iov_base, std::min(first.iov_len, *answer.at_most), flags);
  }
  static int ppoll(pollfd* watch, nfds_t count, timespec const* at_most, sigset_t const* mask) {
    ++faults::all;
    ++faults::polls;
    if (error_if(faults::ppoll_error) != 0) return -1;
    if (faults::interrupted_polls > 0) {
      --faults::interrupted_polls;
      errno = EINTR;
      return -1;
    }
    return kernel.ppoll(watch, count, at_most, mask);
  }
  static int socket(int family, int type, int protocol) {
    ++faults::all;
    if (error_if(faults::socket_error) != 0) return -1;
    ++faults::sockets;
    return kernel.socket(family, type, protocol);
  }
  static int accept4(int fd, sockaddr* address, socklen_t* size, int flags) {
    ++faults::all;
    ++faults::accepts;
    if (error_if(faults::accept_error) != 0) return -1;
    return kernel.accept4(fd, address, size, flags);
  }
  static int eventfd(unsigned initial, int flags) {
    ++faults::all;
    ++faults::eventfds;
    if (error_if(faults::eventfd_error) != 0) return -1;
    return kernel.eventfd(initial, flags);
  }
  static int queued(int fd, int* bytes) {
    ++faults::all;
    return kernel.queued(fd, bytes);
  }
  static int close(int fd) {
    ++faults::all;
    ++faults::closes;
    return kernel.close(fd);
  }
  static int getaddrinfo(char const* host, char const* service, addrinfo const* hints, addrinfo** found) {
    if ((hints->ai_flags & AI_NUMERICHOST) != 0 || !current->names)
      return kernel.getaddrinfo(host, service, hints, found);
    auto const answer = current->names;  // a copy: the look-up may be abandoned, and `current` gone
    return answer(host, service, found);
  }
  static int start_thread(void* (*work)(void*)) {
    ++faults::all;
    if (auto const error = faults::thread_error.load(); error != 0) return error;
    return kernel.start_thread(work);
  }
  static time_point now() { return kernel.now() + nanoseconds{faults::clock_jump_ns.load()}; }

  static system_table make() {
    auto made = kernel;
    made.send = send;
    made.recv = recv;
    made.sendfile = sendfile;
    made.receive_to_pipe = receive_to_pipe;
    made.send_from_pipe = send_from_pipe;
    made.write_from_pipe = write_from_pipe;
    made.pipe2 = pipe2;
    made.set_pipe_size = set_pipe_size;
    made.get_pipe_size = get_pipe_size;
    made.pread = pread;
    made.pwrite = pwrite;
    made.fallocate = fallocate;
    made.fsync = fsync;
    made.sendmsg = sendmsg;
    made.recvmsg = recvmsg;
    made.ppoll = ppoll;
    made.socket = socket;
    made.accept4 = accept4;
    made.eventfd = eventfd;
    made.queued = queued;
    made.close = close;
    made.getaddrinfo = getaddrinfo;
    made.start_thread = start_thread;
    made.now = now;
    return made;
  }
};

static system_table const with_faults = table::make();

faults::faults(decide script) : script_{std::move(script)} {
  for (auto* const count :
       {&sends, &receives, &polls, &all, &sockets, &closes, &accepts, &eventfds, &fsyncs, &pipes})
    *count = 0;
  for (auto* const error :
       {&accept_error, &eventfd_error, &ppoll_error, &socket_error, &thread_error, &interrupted_polls,
        &pread_error, &pwrite_error, &fallocate_error, &fsync_error, &pipe_error, &splice_error, &pipe_size})
    *error = 0;
  pwrite_at_most = std::numeric_limits<std::size_t>::max();
  clock_jump_ns = 0;
  current = this;
  in_force_.emplace(with_faults);
}

faults& faults::in_force() noexcept {
  return *current;
}

faults::~faults() {
  in_force_.reset();
  current = nullptr;
}

}  // namespace trivium::test
