// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What ends everything that is done on one connection: Python's settimeout and setblocking, a deadline, a
// stop.
#pragma once

#include <optional>
#include <stop_token>
#include <trivium/error.hpp>
#include <trivium/limits.hpp>
#include <type_traits>

namespace trivium {

/// The base of a stream, a tls_stream and a listener. It changes nothing about the descriptor, so that it
/// does not show in what the connection says it is, and whoever shares the descriptor does not notice.
///
/// It holds where a call does not say otherwise: a `timeout` or `stop` among the call's own limits takes the
/// place of the one set here. The deadline is a bound on every call whatever it says.
///
/// Threads: set by one thread at a time, while no operation is started. An operation keeps what held when it
/// began.
class mode {
 public:
  /// Python's rule: none waits for ever, zero never waits, else each operation waits at most so long. A
  /// length that is negative is refused (EINVAL) and changes nothing.
  ///
  /// *Each operation* is a verb of trivium's or one call of the connection's own. What Asio composes of many
  /// such calls (asio::read, async_write, Beast's http::read) is not one: each of its attempts has that long,
  /// and 100 ms for each may come to a second for all. `set_deadline` bounds the whole.
  error_code set_timeout(time_span each) noexcept;
  /// As Python's gettimeout(): none if it waits for ever.
  std::optional<nanoseconds> timeout() const noexcept;

  /// set_blocking(true) is set_timeout(std::nullopt), set_blocking(false) is set_timeout(0s).
  void set_blocking(bool blocking) noexcept;
  /// As Python's getblocking(): whether a call of the connection's own may wait, be it with a timeout.
  bool is_blocking() const noexcept { return !each_.never_waits(); }

  /// A total over everything that follows. time_point::max(): none. Once it has passed, an operation makes
  /// one attempt and ends with errc::timed_out if that does not suffice.
  void set_deadline(time_point when) noexcept { deadline_ = when; }
  time_point deadline() const noexcept { return deadline_; }

  /// Ends whatever is done from now on, from any thread, when a stop is requested. A default-constructed
  /// token: nothing does.
  void set_stop(std::stop_token stop) noexcept { stop_ = std::move(stop); }
  std::stop_token const& stop() const noexcept { return stop_; }

  /// What ends an operation that is given the limits `call`. A timeout of zero is left out: a way that is
  /// named waits as its name says. (Borrows the stop token.)
  limits governing(limits const& call) const noexcept { return waits_for_ever() ? call : ruling(call); }
  /// Whether nothing of it ends anything.
  bool waits_for_ever() const noexcept {
    return each_.for_ever() && deadline_ == time_point::max() && !stop_.stop_possible();
  }

 protected:
  /// What ends a call of the connection's own.
  limits own() const noexcept { return waits_for_ever() ? limits{} : ruling({.timeout = each_}); }

 private:
  limits ruling(limits call) const noexcept;

  trivium::timeout each_;
  time_point deadline_ = time_point::max();
  std::stop_token stop_;
};

/// `call`, and what the mode of `between` adds, if it has one.
template <class Connection>
limits governing(Connection const& between, limits const& call) noexcept {
  if constexpr (requires { between.governing(call); })
    return between.governing(call);
  else
    return call;
}

/// Whether no mode of `between` ends anything: only the peer can.
template <class Connection>
bool unlimited(Connection const& between) noexcept {
  // Asked at every operation: the long way would be a part of what a small one costs.
  if constexpr (std::is_base_of_v<mode, Connection>)
    return between.waits_for_ever();
  else
    return governing(between, {}).none();
}
/// The same, nor `call`.
template <class Connection>
bool unlimited(Connection const& between, limits const& call) noexcept {
  return call.none() && unlimited(between);
}

}  // namespace trivium
