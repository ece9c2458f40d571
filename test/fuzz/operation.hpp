// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What stands between the ways and the model: one operation, and who asks for one after another. The ways
// take long to compile, so they see no more than this.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <trivium/limits.hpp>
#include <trivium/payloads/memory.hpp>
#include <trivium/transfer_result.hpp>
#include <vector>

#include "randomness.hpp"

namespace trivium::fuzz {

using std::chrono::microseconds;

/// How the near end carries one direction: see ways.hpp.
enum class way { blocking, nonblocking, loop, handlers, coroutine };

enum class verb { handshake, send, receive, finish };

/// One operation: what is asked, and what is to end it.
struct operation {
  verb what = verb::send;
  amount how_much = amount::all;
  std::vector<boost::asio::const_buffer> from;
  std::vector<boost::asio::mutable_buffer> into;
  std::size_t asked = 0;

  limits within;  // its stop is the token here
  std::stop_source stop;
  std::stop_token token;
  bool stopped_before = false;
  std::optional<microseconds> cancelled_after;  // through its cancellation slot
  boost::asio::cancellation_type cancellation = boost::asio::cancellation_type::none;

  bool one_attempt = false;  // a nonblocking verb without a policy, which takes no limits
  bool alone = false;        // nothing but its limits, or a stop, will end it
  randomness any{0};         // for what the way decides

  // What became of it.
  time_point began;
  bool cancelled = false;
};

/// What the near end does in one direction. Used by one thread at a time.
class direction {
 public:
  virtual ~direction() = default;

  /// The next operation; none: it is done. It is valid until its result is told.
  virtual operation* next() = 0;
  virtual void tell(transfer_result const& came) = 0;
  virtual void failed(std::string const& why) = 0;
  /// There is no connection any more to go on with.
  virtual void lost() = 0;
  virtual way by() const noexcept = 0;
};

/// What becomes of the near end's connection in the middle of all, where the event loop carries both
/// directions.
enum class loss { none, cancels, moves, closes, destroys };

/// What carries both directions, as a session's plan has it.
struct carriage {
  // The event loop, if there is one.
  bool strand = false;
  unsigned loop_threads = 1;
  bool one_thread_hint = false;
  bool trampoline = false;
  loss loses = loss::none;
  microseconds loses_after{};

  bool one_loop = false;  // both directions, where both are turned in a loop of one's own
  bool signals = false;   // each 200 us, to whoever works at the near end

  // A stream's mode.
  std::optional<microseconds> read_timeout, write_timeout, idle_timeout;

  bool has_mode() const noexcept { return read_timeout || write_timeout || idle_timeout; }
  bool ends_early() const noexcept { return loses == loss::closes || loses == loss::destroys; }
};

}  // namespace trivium::fuzz
