// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <limits.h>
#include <poll.h>

#include <algorithm>
#include <trivium/channel.hpp>

#include "errno.hpp"
#include "system.hpp"

namespace trivium {
namespace {

std::size_t size_of(std::span<iovec const> pieces) noexcept {
  std::size_t bytes = 0;
  for (auto const& piece : pieces) bytes += piece.iov_len;
  return bytes;
}

// Short of what was asked means full, or drained, at that moment: to ask again would only cost an EAGAIN.
attempt answered(ssize_t n, std::size_t asked, wants waits_for) noexcept {
  if (n < 0) return refused(errno, waits_for);
  auto const bytes = static_cast<std::size_t>(n);
  if (bytes == asked) return {.what = attempt::outcome::moved, .bytes = bytes};
  return {.what = attempt::outcome::would_block, .bytes = bytes, .waits_for = waits_for};
}

msghdr message(std::span<iovec const> pieces) noexcept {
  msghdr header{};
  header.msg_iov = const_cast<iovec*>(pieces.data());
  header.msg_iovlen = pieces.size();
  return header;
}

}  // namespace

short wants::poll_events() const noexcept {
  switch (until) {
    case direction::readable:
      return POLLIN;
    case direction::writable:
      return POLLOUT;
    case direction::either:
      return POLLIN | POLLOUT;
    case direction::neither:
      break;
  }
  return 0;
}

int poll_timeout(time_point due) noexcept {
  if (due == time_point::max()) return -1;
  auto const left = std::chrono::ceil<std::chrono::milliseconds>(due - now()).count();
  return static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(left, 0, INT_MAX));
}

attempt descriptor_channel::send(std::span<iovec const> pieces, patience allowed) noexcept {
  // A send that sleeps does so for all: for some, it must not begin to.
  int const flags = MSG_NOSIGNAL | (allowed == patience::for_all ? 0 : MSG_DONTWAIT);
  wants const writable{descriptor_, wants::direction::writable};
  if (pieces.size() == 1) {  // send is 3 to 8 % cheaper than sendmsg for small pieces
    auto const& piece = pieces.front();
    return answered(system().send(descriptor_, piece.iov_base, piece.iov_len, flags), piece.iov_len,
                    writable);
  }
  auto const header = message(pieces);
  return answered(system().sendmsg(descriptor_, &header, flags), size_of(pieces), writable);
}

attempt descriptor_channel::receive(std::span<iovec> pieces, patience allowed) noexcept {
  int const flags = allowed == patience::none ? MSG_DONTWAIT : allowed == patience::for_all ? MSG_WAITALL : 0;
  wants const readable{descriptor_, wants::direction::readable};
  ssize_t n = 0;
  std::size_t asked = 0;
  if (pieces.size() == 1) {
    asked = pieces.front().iov_len;
    n = system().recv(descriptor_, pieces.front().iov_base, asked, flags);
  } else {
    asked = size_of(pieces);
    auto header = message(pieces);
    n = system().recvmsg(descriptor_, &header, flags);
  }
  if (n == 0) return {.what = attempt::outcome::failed, .error = errc::end_of_file};
  return answered(n, asked, readable);
}

std::size_t descriptor_channel::queued() noexcept {
  int bytes = 0;
  return system().queued(descriptor_, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

}  // namespace trivium
