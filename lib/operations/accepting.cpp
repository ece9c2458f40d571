// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <fcntl.h>

#include <algorithm>
#include <trivium/operations/accepting.hpp>

#include "errno.hpp"
#include "system.hpp"

namespace trivium {

trivium::result<socket> accepting::take() noexcept {
  if (result_.error) return result_.error;
  return std::move(accepted_);
}

attempt accepting::step(std::size_t) noexcept {
  using namespace std::chrono_literals;
  if (!nonblocking_) {
    int const flags = system().get_flags(descriptor_);
    if (flags < 0) return failed(last_error());
    if ((flags & O_NONBLOCK) == 0 && system().set_flags(descriptor_, flags | O_NONBLOCK) < 0)
      return failed(last_error());
    nonblocking_ = true;
  }
  accepted_ = socket{system().accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC)};
  if (accepted_.is_open()) return {.what = attempt::outcome::done};
  switch (int const code = errno) {
    // accept(2): errors already pending on the new connection. They say nothing about the listening socket,
    // so the next connection is accepted.
    case ECONNABORTED:
    case ENETDOWN:
    case EPROTO:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case ENETUNREACH:
      return {.what = attempt::outcome::again};
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      if (!lasts_) return refused(code, {});
      pause_ = std::clamp<std::chrono::nanoseconds>(pause_ * 2, 1ms, 100ms);
      return {.what = attempt::outcome::would_block, .look_again = pause_};
    default:
      return refused(code, {descriptor_, readiness::readable});
  }
}

}  // namespace trivium
