// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <trivium/finishing.hpp>

#include "errno.hpp"
#include "system.hpp"

namespace trivium {
namespace {

bool is_tcp_closed(int descriptor, tcp_info& info) noexcept {
  socklen_t size = sizeof info;
  return system().getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
         info.tcpi_state == TCP_CLOSE;
}

// Of a connection that has come to its end; a socket that never was connected measured no round trip.
bool was_connected(tcp_info const& info) noexcept {
  return info.tcpi_rtt != 0;
}

// Asked without taking the error away from a receive that may be under way: it would see a clean end.
bool has_error(int descriptor) noexcept {
  pollfd watch{.fd = descriptor, .events = 0, .revents = 0};
  timespec const at_once{};
  return system().ppoll(&watch, 1, &at_once, nullptr) == 1 && (watch.revents & POLLERR) != 0;
}

}  // namespace

attempt finishing::step(std::size_t) noexcept {
  using namespace std::chrono_literals;
  if (!channel_ended_) {
    auto const ending = channel_.with([](channel& between) { return between.end(); });
    if (ending.what != attempt::outcome::done) {
      result_.bytes = channel_.with([](channel& between) { return between.queued(); });
      return ending;
    }
    channel_ended_ = true;
  }

  constexpr auto reset = ECONNRESET;
  tcp_info info{};
  bool closed = false;
  if (!shut_ && system().shutdown(descriptor_, SHUT_WR) != 0) {
    // An earlier finish may have ended our sending, and the peer everything since.
    auto const error = last_error();
    closed = is_tcp_closed(descriptor_, info);
    if (!closed || !was_connected(info)) return failed(error);
  }
  shut_ = true;

  int queued = 0;
  if (system().queued(descriptor_, &queued) != 0) return failed(last_error());
  // On TCP the end of file is one of the queue; it is no byte of the caller's.
  result_.bytes = queued > 0 ? static_cast<std::size_t>(queued) - 1 : 0;
  if (has_error(descriptor_)) return failed({reset, boost::system::system_category()});
  if (queued == 0) return {.what = attempt::outcome::done, .calls = 0};
  if (closed || is_tcp_closed(descriptor_, info)) {
    // Closed since we asked, by a peer that has taken all: then the queue is empty now. By a reset that
    // another call has heard of: that leaves no error, and a queue that never gets shorter.
    if (system().queued(descriptor_, &queued) == 0 && queued == 0) {
      result_.bytes = 0;
      return {.what = attempt::outcome::done, .calls = 0};
    }
    return failed({reset, boost::system::system_category()});
  }
  pause_ = std::clamp<std::chrono::nanoseconds>(pause_ * 2, 250us, 20ms);
  return {.what = attempt::outcome::would_block, .look_again = pause_, .calls = 0};
}

}  // namespace trivium
