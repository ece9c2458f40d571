// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <trivium/operations/finishing.hpp>

#include "errno.hpp"
#include "system.hpp"

namespace trivium {
namespace {

bool is_tcp_closed(int descriptor, tcp_info& info) noexcept {
  socklen_t size = sizeof info;
  return system().getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
         info.tcpi_state == TCP_CLOSE;
}

// Whether a closed socket had been connected. One that never was has measured no round trip.
bool was_connected(tcp_info const& info) noexcept {
  return info.tcpi_rtt != 0;
}

// Asks ppoll, because reading the error would clear it. A receive under way would then see a clean end of
// file.
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
    // An earlier finish may have shut our side down, and the peer may have closed the connection since.
    auto const error = last_error();
    closed = is_tcp_closed(descriptor_, info);
    if (!closed || !was_connected(info)) return failed(error);
  }
  shut_ = true;

  int queued = 0;
  if (system().queued(descriptor_, &queued) != 0) return failed(last_error());
  // On TCP the queue counts the end of file as one byte. It is not a byte of the caller.
  result_.bytes = queued > 0 ? static_cast<std::size_t>(queued) - 1 : 0;
  if (has_error(descriptor_)) return failed({reset, boost::system::system_category()});
  if (queued == 0) return {.what = attempt::outcome::done, .calls = 0};
  if (closed || is_tcp_closed(descriptor_, info)) {
    // The connection closed after the queue was read. If the peer had taken all of it, the queue is empty
    // now. If a reset closed it, and another call has returned that error, no error is left here and the
    // queue never gets shorter.
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
