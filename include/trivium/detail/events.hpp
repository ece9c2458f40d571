// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What an asynchronous operation waits for, who acts on it, and what keeps it alive.
#pragma once

#include <trivium/config.hpp>

#include <atomic>

namespace trivium::detail {

/// The events of one operation. They arrive in any thread that runs the context, also two at once where the
/// handler has no strand: the first to arrive has the turn, the others leave a bit and go. Whoever has the
/// turn takes what has arrived until nothing is new.
///
/// An event that is expected keeps the operation alive, and so does the turn.
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
  void begin() noexcept { word_.store(turn, std::memory_order_relaxed); }
  /// One more is expected, or that many fewer.
  void expect() noexcept { word_.fetch_add(one, std::memory_order_relaxed); }
  bool any_expected() const noexcept { return word_.load(std::memory_order_relaxed) >= one; }

  /// Whether the turn is the caller's now.
  bool arrive(event what) noexcept {
    return (word_.fetch_or(unsigned{what} | turn, std::memory_order_acq_rel) & turn) == 0;
  }
  bool in_turn() const noexcept { return (word_.load(std::memory_order_relaxed) & turn) != 0; }

  /// One that was expected will not arrive. Whether nothing keeps the operation alive any more.
  bool drop() noexcept {
    auto const left = word_.fetch_sub(one, std::memory_order_acq_rel) - one;
    return left < one && (left & turn) == 0;
  }

  /// Asks, in any thread, for a look at the stop token: whoever has the turn will (`seen`); or, with a `stop`
  /// that is expected from now on, whoever the caller takes it to (`expected`). Or the operation is going
  /// (`gone`), which the caller only keeps from being freed yet.
  enum class asked { seen, expected, gone };
  asked ask() noexcept {
    for (auto seen = word_.load(std::memory_order_acquire);;) {
      bool const somebody = (seen & turn) != 0;
      if (!somebody && seen < one) return asked::gone;
      if (word_.compare_exchange_weak(seen, somebody ? seen | cancelled : seen + one,
                                      std::memory_order_acq_rel))
        return somebody ? asked::seen : asked::expected;
    }
  }

  // Of the one whose turn it is.

  /// What has arrived since the last look. Those of them that were expected are no more.
  unsigned take() noexcept {
    for (auto seen = word_.load(std::memory_order_relaxed);;) {
      unsigned const came = seen & all, counted = came & ~unsigned{cancelled};
      unsigned fewer = 0;
      for (auto left = counted; left != 0; left &= left - 1) fewer += one;
      if (word_.compare_exchange_weak(seen, (seen & ~all) - fewer, std::memory_order_acq_rel)) return came;
    }
  }
  /// Gives the turn up, unless something has arrived meanwhile.
  bool rest() noexcept {
    for (auto seen = word_.load(std::memory_order_relaxed); (seen & all) == 0;)
      if (word_.compare_exchange_weak(seen, seen & ~turn, std::memory_order_acq_rel)) return true;
    return false;
  }
  /// Gives the turn up, and forgets what has arrived.
  void end() noexcept { word_.store(0, std::memory_order_release); }

 private:
  static constexpr unsigned all = 63, turn = 128, one = 256;
  std::atomic<unsigned> word_{0};
};

}  // namespace trivium::detail
