// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "waker.hpp"

#include <sys/eventfd.h>

#include <cstdint>
#include <trivium/detail/forks.hpp>

#include "system.hpp"

namespace trivium {
namespace {

thread_local bool thread_ends = false;  // trivial, so that it is still readable then
struct thread_event {
  ~thread_event() { thread_ends = true; }

  socket is;  // the eventfd; `socket` serves as its owner
  unsigned made_after_forks = 0;

  // A child shares the eventfd with its parent: each would wake the other, or consume the other's stop.
  bool ours() const noexcept { return is.is_open() && made_after_forks == detail::forks(); }
};
thread_local thread_event event_of_this_thread;

socket new_event() noexcept {
  return socket{system().eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
}

}  // namespace

void waker::wake::operator()() const noexcept {
  self->woken_ = true;
  std::uint64_t const one = 1;
  [[maybe_unused]] auto const written = system().write(self->descriptor_, &one, sizeof one);
}

error_code waker::arm() {
  if (callback_ || !token_.stop_possible()) return {};
  if (thread_ends) {
    own_ = new_event();
    if (!own_.is_open()) return last_error();
    descriptor_ = own_.native_handle();
  } else {
    auto& event = event_of_this_thread;
    if (!event.ours()) {
      // In the child the number may be another descriptor by now, so it is not closed.
      if (event.is.is_open()) static_cast<void>(event.is.release());
      event.is = new_event();
      event.made_after_forks = detail::forks();
      if (!event.is.is_open()) return last_error();
    }
    descriptor_ = event.is.native_handle();
  }
  callback_.emplace(token_, wake{this});
  return {};
}

waker::~waker() {
  callback_.reset();  // waits for a callback under way, so that woken_ is final
  if (!woken_) return;
  std::uint64_t drained = 0;
  [[maybe_unused]] auto const bytes = system().read(descriptor_, &drained, sizeof drained);
}

}  // namespace trivium
