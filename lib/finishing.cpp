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

// A reset that another call already heard of leaves no SO_ERROR, and a queue that never gets shorter.
bool connection_gone(int descriptor) noexcept {
  tcp_info info{};
  socklen_t size = sizeof info;
  return system().getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
         info.tcpi_state == TCP_CLOSE;
}

}  // namespace

attempt finishing::step(std::size_t) noexcept {
  using namespace std::chrono_literals;
  if (!shut_ && system().shutdown(descriptor_, SHUT_WR) != 0) return failed(last_error());
  shut_ = true;

  int queued = 0;
  if (system().queued(descriptor_, &queued) != 0) return failed(last_error());
  // On TCP the end of file is one of the queue; it is no byte of the caller's.
  result_.bytes = queued > 0 ? static_cast<std::size_t>(queued) - 1 : 0;

  int error = 0;
  socklen_t size = sizeof error;
  if (system().getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return failed(last_error());
  if (error != 0) return failed({error, boost::system::system_category()});
  if (queued == 0) return {.what = attempt::outcome::done};
  if (connection_gone(descriptor_)) return failed({ECONNRESET, boost::system::system_category()});
  pause_ = std::clamp<std::chrono::nanoseconds>(pause_ * 2, 250us, 20ms);
  return {.what = attempt::outcome::would_block, .look_again = pause_, .calls = 0};
}

}  // namespace trivium
