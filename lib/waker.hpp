// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What wakes a thread that sleeps in ppoll when a stop is asked for in another.
#pragma once

#include <optional>
#include <stop_token>
#include <trivium/error.hpp>
#include <trivium/socket.hpp>

namespace trivium {

/// Watches one stop token for one operation of this thread. The eventfd behind it is the thread's: made when
/// the thread first waits under a token that can be asked to stop, and kept until the thread ends. (What the
/// destructors of its thread_local objects then wait for has an eventfd of its own.) Not movable, not shared.
class waker {
 public:
  explicit waker(std::stop_token const& token) noexcept : token_{token} {}
  ~waker();
  waker(waker const&) = delete;
  waker& operator=(waker const&) = delete;

  /// From now on `descriptor()` becomes readable when a stop is asked for. Cheap after the first time.
  /// Errors: of eventfd(2).
  error_code arm();

  /// -1: nobody can ask to stop.
  int descriptor() const noexcept { return descriptor_; }

 private:
  struct wake {
    waker* self;
    void operator()() const noexcept;
  };

  std::stop_token const& token_;
  socket own_;  // an eventfd; a socket only in that it closes its descriptor
  int descriptor_ = -1;
  bool woken_ = false;  // written by the callback, read after it is gone
  std::optional<std::stop_callback<wake>> callback_;
};

}  // namespace trivium
