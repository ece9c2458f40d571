// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What a session did, for whoever has to understand it: the last of what was asked and told, and what broke
// the contract.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace trivium::fuzz {

/// Any thread.
class record {
 public:
  template <class... Parts>
  void line(Parts const&... parts) {
    auto text = joined(parts...);
    std::lock_guard const lock{mutex_};
    lines_.push_back(std::move(text));
    if (lines_.size() > kept) lines_.pop_front();
  }

  /// The contract does not hold.
  template <class... Parts>
  void broken(Parts const&... parts) {
    auto text = joined("BROKEN: ", parts...);
    std::lock_guard const lock{mutex_};
    lines_.push_back(text);
    broken_.push_back(std::move(text));
  }
  template <class... Parts>
  void expect(bool holds, Parts const&... otherwise) {
    if (!holds) broken(otherwise...);
  }

  bool holds() const {
    std::lock_guard const lock{mutex_};
    return broken_.empty();
  }
  std::string text() const {
    std::lock_guard const lock{mutex_};
    std::string result;
    for (auto const& each : lines_) result.append("  ").append(each).append("\n");
    for (auto const& each : broken_) result.append(each).append("\n");
    return result;
  }

 private:
  static constexpr std::size_t kept = 200;

  template <class... Parts>
  static std::string joined(Parts const&... parts) {
    std::ostringstream text;
    (text << ... << parts);
    return std::move(text).str();
  }

  mutable std::mutex mutex_;
  std::deque<std::string> lines_;
  std::vector<std::string> broken_;
};

/// A bound on what it lives through: past it, says what is known and aborts the process.
class watchdog {
 public:
  watchdog(std::string what, record const& of, std::chrono::seconds most);
  ~watchdog();
  watchdog(watchdog const&) = delete;
  watchdog& operator=(watchdog const&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace trivium::fuzz
