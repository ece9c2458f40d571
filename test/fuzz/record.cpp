// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "record.hpp"

#include <cstdlib>
#include <iostream>

namespace trivium::fuzz {

watchdog::watchdog(std::string what, record const& of, std::chrono::seconds most)
    : thread_{[this, what = std::move(what), &of, most] {
        std::unique_lock lock{mutex_};
        if (ended_.wait_for(lock, most, [this] { return over_; })) return;
        std::cerr << of.text() << "HANGS: not over after " << most.count() << " s: " << what << std::endl;
        std::abort();
      }} {}

watchdog::~watchdog() {
  {
    std::lock_guard const lock{mutex_};
    over_ = true;
  }
  ended_.notify_one();
  thread_.join();
}

}  // namespace trivium::fuzz
