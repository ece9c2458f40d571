// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The system calls that move bytes through a descriptor, and what their results mean.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <trivium/channel.hpp>

#include "errno.hpp"
#include "system.hpp"

namespace trivium {

// A send that blocks returns only when all bytes are taken. So a send of some bytes must not block.
constexpr int send_flags(may_block allowed) noexcept {
  return MSG_NOSIGNAL | (allowed == may_block::until_all ? 0 : MSG_DONTWAIT);
}
// Without MSG_WAITALL: under it the kernel puts the thread to sleep whenever the queue is empty for a moment,
// which costs the sender a wake-up each time. Receiving 1 MiB at a time was 0.93 of the same without it.
constexpr int receive_flags(may_block allowed) noexcept {
  return allowed == may_block::no ? MSG_DONTWAIT : 0;
}

inline ssize_t call_send(int descriptor, iovec const& piece, may_block allowed) noexcept {
  return system().send(descriptor, piece.iov_base, piece.iov_len, send_flags(allowed));
}
inline ssize_t call_receive(int descriptor, iovec const& piece, may_block allowed) noexcept {
  return system().recv(descriptor, piece.iov_base, piece.iov_len, receive_flags(allowed));
}

// A short count means that the queue was full, or empty, at that moment. A second call would only return
// EAGAIN.
inline attempt answered(ssize_t n, std::size_t asked, interest waits_for) noexcept {
  if (n < 0) return refused(errno, waits_for);
  auto const bytes = static_cast<std::size_t>(n);
  if (bytes == asked) return {.what = attempt::outcome::moved, .bytes = bytes};
  return {.what = attempt::outcome::would_block, .bytes = bytes, .waits_for = waits_for};
}
inline attempt send_answered(ssize_t n, std::size_t asked, int descriptor) noexcept {
  return answered(n, asked, {descriptor, readiness::writable});
}
inline attempt receive_answered(ssize_t n, std::size_t asked, int descriptor, may_block allowed) noexcept {
  if (n == 0) return {.what = attempt::outcome::failed, .error = errc::end_of_file};
  auto answer = answered(n, asked, {descriptor, readiness::readable});
  // The queue is empty, but the next call may block until there is more.
  if (n > 0 && answer.what == attempt::outcome::would_block && allowed == may_block::until_all) {
    answer.what = attempt::outcome::moved;
    answer.next_sleeps = true;
  }
  return answer;
}

/// One attempt to move one piece.
inline attempt try_send(int to, iovec const& piece, may_block allowed) noexcept {
  return send_answered(call_send(to, piece, allowed), piece.iov_len, to);
}
inline attempt try_receive(int from, iovec const& piece, may_block allowed) noexcept {
  return receive_answered(call_receive(from, piece, allowed), piece.iov_len, from, allowed);
}

}  // namespace trivium
