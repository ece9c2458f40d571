// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A source or a sink that reports how far its transfer came.
#pragma once

#include <trivium/config.hpp>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <trivium/detail/thrown.hpp>
#include <trivium/limits.hpp>
#include <trivium/payload.hpp>
#include <type_traits>
#include <utility>

namespace TRIVIUM_EXPORT trivium {

/// How far a transfer came.
struct transfer_status {
  /// What the transfer waited for at its last attempt.
  enum class waiting {
    for_nothing,     ///< it moved all that it tried to
    for_connection,  ///< the connection: when sending for room, when receiving for bytes
    for_payload,     ///< the payload: a source without data, a sink without room, a rate
  };

  std::uint64_t bytes = 0;      ///< how many were moved so far
  nanoseconds elapsed{0};       ///< since the first attempt
  double bytes_per_second = 0;  ///< since the last report
  waiting waits = waiting::for_nothing;
  bool done = false;  ///< the payload is done: this is the last report
};

/// Another source or sink, whose transfer is reported to a function.
///
///     auto const shows = [&](transfer_status const& at) { bar.show(at.bytes, at.bytes_per_second); };
///     blocking::send(peer, observed{file_source{"disk.img"}, shows});
///
/// Effect:   calls `function` at most every `interval`, also while nothing moves, and when the payload is
///           done; from the thread that advances the transfer. To that end a waiting operation looks again
///           once an interval.
/// Errors:   where the function throws, as of a `generator`. What was moved by then is counted.
template <payload Payload, std::invocable<transfer_status const&> Function>
class observed {
 public:
  /// Reports on the transfer of `what`.
  observed(Payload what, Function function, nanoseconds interval = std::chrono::milliseconds{500})
      : what_{std::move(what)},
        function_{std::move(function)},
        interval_{std::max(interval, nanoseconds{1})} {}

  /// As those of the payload. No attempt sleeps in the kernel: it could not report meanwhile.
  attempt send_to(channel& to, std::size_t most, may_block) noexcept requires source<Payload> {
    begin();
    return reported(what_.send_to(to, most, may_block::no));
  }
  attempt receive_from(channel& from, std::size_t most, may_block) noexcept requires sink<Payload> {
    begin();
    return reported(what_.receive_from(from, most, may_block::no));
  }
  bool done() const noexcept { return what_.done(); }
  amount how_much() const noexcept { return trivium::how_much(what_); }

 private:
  void begin() noexcept {
    if (begun_ == time_point{}) last_ = begun_ = now();
  }

  attempt reported(attempt answer) noexcept {
    auto const at = now();
    status_.bytes += answer.bytes;
    bool const blocks = answer.what == attempt::outcome::would_block;
    using enum transfer_status::waiting;
    status_.waits = !blocks ? for_nothing : answer.calls != 0 ? for_connection : for_payload;
    status_.done = answer.what != attempt::outcome::failed && what_.done();
    if ((status_.done || time_between(last_, at) >= interval_) && !reports(at)) {
      answer.what = attempt::outcome::failed;
      answer.error = thrown_.error;
    }
    if (blocks) {
      auto const next = std::max(time_between(at, later(last_, interval_)), nanoseconds{1});
      answer.look_again = answer.look_again.count() == 0 ? next : std::min(answer.look_again, next);
    }
    return answer;
  }

  // Returns false if the function has thrown.
  bool reports(time_point at) noexcept {
    std::chrono::duration<double> const since{time_between(last_, at)};
    status_.elapsed = time_between(begun_, at);
    status_.bytes_per_second =
        since.count() > 0 ? static_cast<double>(status_.bytes - reported_) / since.count() : 0;
    last_ = at;
    reported_ = status_.bytes;
    return thrown_.guards([&] { function_(std::as_const(status_)); });
  }

  Payload what_;
  Function function_;
  nanoseconds interval_;
  transfer_status status_;
  std::uint64_t reported_ = 0;  // bytes at the last report
  time_point begun_{}, last_{};
  detail::thrown thrown_;
};

}  // namespace trivium
