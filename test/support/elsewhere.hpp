// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What a test does in another thread meanwhile. Boost.Test is for one thread: what came of it is asked for
// when it is over.
#pragma once

#include <thread>
#include <trivium/transfer_result.hpp>

namespace trivium::test {

/// An operation in a thread of its own.
class elsewhere {
 public:
  template <class Function>
  explicit elsewhere(Function operate) : thread_{[this, operate] { result_ = operate(); }} {}
  ~elsewhere() {
    if (thread_.joinable()) thread_.join();
  }
  elsewhere(elsewhere const&) = delete;
  elsewhere& operator=(elsewhere const&) = delete;

  /// Waits for its end.
  transfer_result const& result() {
    if (thread_.joinable()) thread_.join();
    return result_;
  }

 private:
  transfer_result result_;
  std::thread thread_;
};

}  // namespace trivium::test
