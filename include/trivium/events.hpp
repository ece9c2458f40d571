// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What an asynchronous operation waits for, and who acts on it.
#pragma once

#include <atomic>

namespace trivium::async {

/// The events of one operation. They arrive in any thread that runs the context, also two at once where the
/// handler has no strand: the first to arrive has the turn, the others leave a bit and go. Whoever has the
/// turn takes what has arrived until nothing is new.
class events {
 public:
  enum event : unsigned char {
    ready = 1,
    time = 2,
    stop = 4,
    go = 8,
    cancelled = 16,
    writable = 32,  // `ready` then is for readable alone
  };

  /// The turn is the caller's. Requires: nobody else knows of these yet.
  void begin() noexcept { bits_.store(turn, std::memory_order_relaxed); }
  /// Whether the turn is the caller's now.
  bool arrive(event what) noexcept {
    return (bits_.fetch_or(what | turn, std::memory_order_acq_rel) & turn) == 0;
  }
  bool in_turn() const noexcept { return (bits_.load(std::memory_order_relaxed) & turn) != 0; }

  // Of the one whose turn it is.

  /// What has arrived since the last look.
  unsigned take() noexcept { return bits_.fetch_and(turn, std::memory_order_acq_rel) & ~unsigned{turn}; }
  /// Gives the turn up, unless something has arrived meanwhile.
  bool rest() noexcept {
    auto nothing_new = turn;
    return bits_.compare_exchange_strong(nothing_new, 0, std::memory_order_acq_rel);
  }
  /// Gives the turn up, and forgets what has arrived.
  void end() noexcept { bits_.store(0, std::memory_order_release); }

 private:
  static constexpr unsigned char turn = 128;
  std::atomic<unsigned char> bits_{0};
};

}  // namespace trivium::async
