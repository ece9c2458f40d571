// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "waker.hpp"

#include <sys/eventfd.h>

#include <cstdint>
#include <trivium/socket.hpp>

#include "system.hpp"

namespace trivium {
namespace {

// A socket only in that it closes its descriptor.
thread_local socket event_of_this_thread;

}  // namespace

void waker::wake::operator()() const noexcept {
  self->woken_ = true;
  std::uint64_t const one = 1;
  [[maybe_unused]] auto const written = system().write(self->descriptor_, &one, sizeof one);
}

error_code waker::arm() {
  if (callback_ || !token_.stop_possible()) return {};
  if (!event_of_this_thread.is_open()) {
    event_of_this_thread = socket{system().eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (!event_of_this_thread.is_open()) return last_error();
  }
  descriptor_ = event_of_this_thread.native_handle();
  callback_.emplace(token_, wake{this});
  return {};
}

waker::~waker() {
  callback_.reset();  // waits for a callback under way, so that woken_ is settled
  if (!woken_) return;
  std::uint64_t drained = 0;
  [[maybe_unused]] auto const bytes = system().read(descriptor_, &drained, sizeof drained);
}

}  // namespace trivium
