// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The events of one asynchronous operation. They decide which thread runs the operation, and whether the
// operation is still referenced.
#pragma once

#include <trivium/config.hpp>

#include <atomic>

namespace trivium::detail {

/// The events of one operation. Any thread that runs the execution context may deliver an event. If the
/// handler has no strand, two threads may do so at once: the first thread to deliver an event runs the
/// operation, and the others record their event and return. The thread that runs the operation handles the
/// recorded events until there are no new ones.
///
/// Lifetime: the operation stays alive while an event is expected, and while a thread runs it.
///
/// Threads: any, except as stated below. All of it is one atomic word: the events delivered, a bit for "a
/// thread runs the operation", and the number of events expected.
class events {
 public:
  /// `go`: what the operation itself has posted. `cancelled` is never counted as expected.
  enum event : unsigned char {
    ready = 1,
    time = 2,
    stop = 4,
    go = 8,
    cancelled = 16,
    writable = 32,   // if it is used, `ready` means readable
    elsewhere = 64,  // another descriptor than the connection's is ready
    broken = 128,    // meanwhile the connection was closed or has failed, or has urgent data
  };

  /// The calling thread runs the operation. Requires: no other thread can access this object yet.
  void begin() noexcept { word_.store(in_use, std::memory_order_relaxed); }
  /// Expects one more event.
  void expect() noexcept { word_.fetch_add(one, std::memory_order_relaxed); }
  bool any_expected() const noexcept { return word_.load(std::memory_order_relaxed) >= one; }

  /// Delivers an event. Returns whether the calling thread now runs the operation.
  bool arrive(event what) noexcept {
    return (word_.fetch_or(unsigned{what} | in_use, std::memory_order_acq_rel) & in_use) == 0;
  }
  /// Whether a thread runs the operation.
  bool running() const noexcept { return (word_.load(std::memory_order_relaxed) & in_use) != 0; }

  /// An expected event will not be delivered. Returns whether nothing keeps the operation alive any more.
  bool drop() noexcept {
    auto const left = word_.fetch_sub(one, std::memory_order_acq_rel) - one;
    return left < one && (left & in_use) == 0;
  }

  /// Called by any thread that has requested a stop. Results:
  ///   - `seen`: a thread runs the operation, and will check the stop token.
  ///   - `expected`: no thread runs the operation. A `stop` event is expected now, and the caller must
  ///     deliver it.
  ///   - `gone`: the operation is completing. The caller has nothing to do; the operation is not freed before
  ///     the caller has returned from the stop callback.
  enum class asked { seen, expected, gone };
  asked ask() noexcept {
    for (auto seen = word_.load(std::memory_order_acquire);;) {
      bool const somebody = (seen & in_use) != 0;
      if (!somebody && seen < one) return asked::gone;
      if (word_.compare_exchange_weak(seen, somebody ? seen | cancelled : seen + one,
                                      std::memory_order_acq_rel))
        return somebody ? asked::seen : asked::expected;
    }
  }

  // The following are called only by the thread that runs the operation.

  /// Returns the events delivered since the last call. Those that were expected are not expected any more.
  unsigned take() noexcept {
    for (auto seen = word_.load(std::memory_order_relaxed);;) {
      unsigned const came = seen & all, counted = came & ~unsigned{cancelled};
      unsigned fewer = 0;
      for (auto left = counted; left != 0; left &= left - 1) fewer += one;
      if (word_.compare_exchange_weak(seen, (seen & ~all) - fewer, std::memory_order_acq_rel)) return came;
    }
  }
  /// Stops running the operation, unless an event has been delivered in the meantime. Returns whether it
  /// stopped.
  bool rest() noexcept {
    for (auto seen = word_.load(std::memory_order_relaxed); (seen & all) == 0;)
      if (word_.compare_exchange_weak(seen, seen & ~in_use, std::memory_order_acq_rel)) return true;
    return false;
  }
  /// Stops running the operation, and discards the events that were delivered.
  void end() noexcept { word_.store(0, std::memory_order_release); }

 private:
  static constexpr unsigned all = 255, in_use = 256, one = 512;
  std::atomic<unsigned> word_{0};
};

}  // namespace trivium::detail
