// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Stops that come from another thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <stop_token>
#include <thread>

namespace trivium::fuzz {

class stopper {
 public:
  stopper();
  ~stopper();
  stopper(stopper const&) = delete;
  stopper& operator=(stopper const&) = delete;

  void stop(std::stop_source what, std::chrono::microseconds after);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<std::chrono::steady_clock::time_point, std::stop_source> due_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace trivium::fuzz
