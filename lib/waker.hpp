// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Wakes a thread that sleeps in ppoll when another thread requests a stop.
#pragma once

#include <optional>
#include <stop_token>
#include <trivium/error.hpp>
#include <trivium/socket.hpp>

namespace trivium {

/// Watches one stop token for one operation of this thread. The eventfd belongs to the thread. It is made
/// when the thread first waits under a token for which a stop is possible, and kept until the thread ends. (A
/// wait in the destructor of a thread_local object then has an eventfd of its own.) Not movable, not shared.
class waker {
 public:
  explicit waker(std::stop_token const& token) noexcept : token_{token} {}
  ~waker();
  waker(waker const&) = delete;
  waker& operator=(waker const&) = delete;

  /// From now on `descriptor()` becomes readable when a stop is requested. Cheap after the first time.
  /// Errors: those of eventfd(2).
  error_code arm();

  /// -1: no stop is possible.
  int descriptor() const noexcept { return descriptor_; }

 private:
  struct wake {
    waker* self;
    void operator()() const noexcept;
  };

  std::stop_token const& token_;
  socket own_;  // an eventfd; `socket` serves as its owner
  int descriptor_ = -1;
  bool woken_ = false;  // written by the callback, read after its destruction
  std::optional<std::stop_callback<wake>> callback_;
};

}  // namespace trivium
