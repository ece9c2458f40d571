// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "stopper.hpp"

#include <utility>

namespace trivium::fuzz {

stopper::stopper() : thread_{[this] { run(); }} {}

stopper::~stopper() {
  {
    std::lock_guard const lock{mutex_};
    over_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void stopper::stop(std::stop_source what, std::chrono::microseconds after) {
  auto const when = std::chrono::steady_clock::now() + after;
  {
    std::lock_guard const lock{mutex_};
    due_.emplace(when, std::move(what));
  }
  changed_.notify_one();
}

void stopper::run() {
  std::unique_lock lock{mutex_};
  while (!over_) {
    if (due_.empty()) {
      changed_.wait(lock);
      continue;
    }
    auto const first = due_.begin();
    if (auto const when = first->first; std::chrono::steady_clock::now() < when) {
      changed_.wait_until(lock, when);
      continue;
    }
    auto source = std::move(first->second);
    due_.erase(first);
    lock.unlock();
    source.request_stop();
    lock.lock();
  }
}

}  // namespace trivium::fuzz
