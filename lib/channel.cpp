// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <trivium/channel.hpp>

#include "call.hpp"

namespace trivium {
namespace {

std::size_t size_of(std::span<iovec const> pieces) noexcept {
  std::size_t bytes = 0;
  for (auto const& piece : pieces) bytes += piece.iov_len;
  return bytes;
}

msghdr message(std::span<iovec const> pieces) noexcept {
  msghdr header{};
  header.msg_iov = const_cast<iovec*>(pieces.data());
  header.msg_iovlen = pieces.size();
  return header;
}

// Blocks SIGPIPE in this thread, and takes back the one that a call raised meanwhile: sendfile(2) has no
// MSG_NOSIGNAL. A signal that was pending before stays pending.
class no_sigpipe {
 public:
  no_sigpipe() noexcept {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    system().signal_mask(SIG_BLOCK, &pipe_, &before_);
    if (!was_blocked()) return;
    sigset_t pending;
    was_pending_ = system().sigpending(&pending) == 0 && ::sigismember(&pending, SIGPIPE) == 1;
  }
  ~no_sigpipe() {
    if (!was_blocked()) system().signal_mask(SIG_SETMASK, &before_, nullptr);
  }
  no_sigpipe(no_sigpipe const&) = delete;
  no_sigpipe& operator=(no_sigpipe const&) = delete;

  void take_back() const noexcept {
    timespec const at_once{};
    if (!was_pending_) system().sigtimedwait(&pipe_, nullptr, &at_once);
  }

 private:
  bool was_blocked() const noexcept { return ::sigismember(&before_, SIGPIPE) == 1; }

  sigset_t pipe_, before_;
  bool was_pending_ = false;
};

attempt unable() noexcept {
  return failed(kernels(EOPNOTSUPP));
}

// The kernel's answers where a kind of file, or the kernel itself, is not able to.
int as_unable(int code) noexcept {
  return code == EINVAL || code == ENOSYS ? EOPNOTSUPP : code;
}

bool set_nonblocking(int descriptor) noexcept {
  int const flags = system().get_flags(descriptor);
  return flags >= 0 && ((flags & O_NONBLOCK) != 0 || system().set_flags(descriptor, flags | O_NONBLOCK) == 0);
}

// An attempt by a call that has no flags: it raises SIGPIPE, and sleeps unless the descriptor is O_NONBLOCK.
// As a send that blocks, it then returns only when all bytes are taken. `ended`: why it found none to send.
template <class Call>
attempt send_without_flags(int to, std::size_t asked, may_block allowed, errc ended, Call call) noexcept {
  interest const writable{to, readiness::writable};
  if (allowed != may_block::until_all && !set_nonblocking(to)) return failed(last_error());
  no_sigpipe const guard;
  ssize_t const n = call();
  if (n == static_cast<ssize_t>(asked)) return {.what = attempt::outcome::moved, .bytes = asked};
  int const code = errno;
  guard.take_back();  // a short count may hide the EPIPE that raised it
  if (n < 0) return refused(as_unable(code), writable);
  if (n == 0) return {.what = attempt::outcome::failed, .error = ended};
  return {.what = attempt::outcome::would_block, .bytes = static_cast<std::size_t>(n), .waits_for = writable};
}

}  // namespace

short interest::poll_events() const noexcept {
  switch (until) {
    case readiness::readable:
      return POLLIN;
    case readiness::writable:
      return POLLOUT;
    case readiness::either:
      return POLLIN | POLLOUT;
    case readiness::none:
      break;
  }
  return 0;
}

int poll_timeout(time_point due) noexcept {
  if (due == time_point::max()) return -1;
  auto const left = std::chrono::ceil<std::chrono::milliseconds>(time_between(now(), due)).count();
  return static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(left, 0, INT_MAX));
}

attempt channel::send_file(int, std::uint64_t, std::size_t, may_block) noexcept {
  return unable();
}
attempt channel::receive_to_pipe(int, std::size_t, may_block) noexcept {
  return unable();
}
attempt channel::send_from_pipe(int, std::size_t, may_block) noexcept {
  return unable();
}

attempt descriptor_channel::send(std::span<iovec const> pieces, may_block allowed) noexcept {
  // send is 3 to 8 % cheaper than sendmsg for small pieces
  if (pieces.size() == 1) return try_send(descriptor_, pieces.front(), allowed);
  auto const header = message(pieces);
  auto const n = system().sendmsg(descriptor_, &header, send_flags(allowed));
  return send_answered(n, size_of(pieces), descriptor_);
}

attempt descriptor_channel::receive(std::span<iovec> pieces, may_block allowed) noexcept {
  if (pieces.size() == 1) return try_receive(descriptor_, pieces.front(), allowed);
  auto header = message(pieces);
  auto const n = system().recvmsg(descriptor_, &header, receive_flags(allowed));
  return receive_answered(n, size_of(pieces), descriptor_, allowed);
}

attempt descriptor_channel::send_file(int from, std::uint64_t offset, std::size_t most,
                                      may_block allowed) noexcept {
  auto at = static_cast<off_t>(offset);
  return send_without_flags(descriptor_, most, allowed, errc::source_ended,
                            [&] { return system().sendfile(descriptor_, from, &at, most); });
}

attempt descriptor_channel::send_from_pipe(int pipe, std::size_t most, may_block allowed) noexcept {
  return send_without_flags(descriptor_, most, allowed, errc::source_ended,
                            [&] { return system().send_from_pipe(pipe, descriptor_, most); });
}

attempt descriptor_channel::receive_to_pipe(int pipe, std::size_t most, may_block allowed) noexcept {
  interest const readable{descriptor_, readiness::readable};
  // splice(2) of what has arrived does not sleep, but there is no flag that keeps it from waiting for that.
  if (allowed == may_block::no) {
    pollfd arrived{.fd = descriptor_, .events = POLLIN, .revents = 0};
    timespec const at_once{};
    int const ready = system().ppoll(&arrived, 1, &at_once, nullptr);
    if (ready == 0) return {.what = attempt::outcome::would_block, .waits_for = readable, .calls = 0};
    if (ready < 0) return refused(errno, readable);
    if ((arrived.revents & POLLIN) == 0) return unable();  // an error, which may be of the error queue
  }
  auto const n = system().receive_to_pipe(descriptor_, pipe, most);
  if (n < 0) return refused(as_unable(errno), readable);
  if (n == 0) return unable();  // the end of file, or urgent data: recv(2) distinguishes them
  return {.what = attempt::outcome::moved, .bytes = static_cast<std::size_t>(n)};
}

std::size_t descriptor_channel::queued() noexcept {
  int bytes = 0;
  return system().queued(descriptor_, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

}  // namespace trivium
