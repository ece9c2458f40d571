// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The timeout mode of a connection: limits for all operations on it. Python's settimeout and setblocking, a
// timeout for each direction, an idle timeout for both, a deadline, and a stop token.
#pragma once

#include <trivium/config.hpp>

#include <memory>
#include <optional>
#include <stop_token>
#include <trivium/error.hpp>
#include <trivium/limits.hpp>
#include <type_traits>
#include <utility>

namespace TRIVIUM_EXPORT trivium {

/// The base of a stream, a tls_stream and a listener. It does not modify the descriptor: the mode is not
/// visible there, and other owners of the descriptor are not affected.
///
/// It supplies the limits that a call leaves out: a `timeout` or `stop` among the call's own limits replaces
/// the one set here. The deadline and the idle timeout apply to every call.
///
/// Moving: a mode moves with its connection, and the source is left as if newly made. Assignment from a
/// connection whose mode was never set keeps the mode of the target, so that `there = stream{...}` on a
/// reconnect keeps the timeouts; otherwise the mode of the source replaces it.
///
/// Errors:  a negative length, or an idle timeout of zero, is EINVAL and changes nothing. The overloads
///          without an error_code throw boost::system::system_error.
/// Threads: set by one thread at a time, while no operation is being started. An operation uses the values at
///          the time when it was started.
class mode {
 public:
  mode() noexcept = default;
  mode(mode&& from) noexcept : held_{std::exchange(from.held_, {})} {}
  mode& operator=(mode&& from) noexcept {
    if (this != &from && from.held_.set) held_ = std::exchange(from.held_, {});
    return *this;
  }

  /// Sets the timeout of each operation, in both directions, by Python's rule: none is infinite, zero never
  /// waits, otherwise each operation waits at most this long.
  ///
  /// *Each operation* is a verb of trivium's, or one call of the connection's own. An operation that Asio or
  /// Beast composes of several such calls (asio::read, async_write, http::read) is not one: each of its calls
  /// has this timeout, and with 100 ms for each the whole may take a second. `set_deadline` bounds the whole.
  void set_timeout(time_span each);
  void set_timeout(time_span each, error_code& error) noexcept;
  /// The same for one direction. The read timeout applies to receives, accepts, handshakes and a stream's
  /// `connect` and `wait`; the write timeout applies to sends and `finish`.
  void set_read_timeout(time_span each);
  void set_read_timeout(time_span each, error_code& error) noexcept;
  void set_write_timeout(time_span each);
  void set_write_timeout(time_span each, error_code& error) noexcept;

  /// As Python's gettimeout(): none if it is infinite. If the two directions differ, the read timeout.
  std::optional<nanoseconds> timeout() const noexcept { return read_timeout(); }
  std::optional<nanoseconds> read_timeout() const noexcept { return length_of(held_.read); }
  std::optional<nanoseconds> write_timeout() const noexcept { return length_of(held_.write); }

  /// set_blocking(true) is set_timeout(std::nullopt), set_blocking(false) is set_timeout(0s).
  void set_blocking(bool blocking) noexcept;
  /// As Python's getblocking(): whether a call of the connection's own may wait, with or without a timeout.
  /// If the two directions differ, that of the read timeout.
  bool is_blocking() const noexcept { return !never(held_.read); }

  /// Asio's name: set_blocking(!on).
  void non_blocking(bool on) noexcept { set_blocking(!on); }
  void non_blocking(bool on, error_code& error) noexcept {
    set_blocking(!on);
    error = {};
  }
  bool non_blocking() const noexcept { return !is_blocking(); }

  /// Sets the idle timeout: an operation that waits while neither direction makes progress for this long ends
  /// with errc::stalled (from a stream's own call, as for any limit, asio::error::timed_out), after 1 to 1.25
  /// times this length. None disables it.
  ///
  /// Progress in one direction keeps operations in the other direction alive: a download may last as long as
  /// it needs while the upload of the same connection is idle. *Progress* is defined at `limits`. It applies
  /// to transfers and `finish`, but not to an accept or a handshake, which move no bytes of the caller's.
  void set_idle_timeout(time_span length);
  void set_idle_timeout(time_span length, error_code& error) noexcept;
  std::optional<nanoseconds> idle_timeout() const noexcept { return length_of(held_.idle.longest); }

  /// Sets the time by which all following operations must have ended; time_point::max(): none. Once it has
  /// passed, an operation makes one attempt, and ends with errc::timed_out if that does not complete it.
  void set_deadline(time_point when) noexcept {
    held_.deadline = when;
    changed();
  }
  time_point deadline() const noexcept { return held_.deadline; }

  /// Beast's names for the deadline, relative to now, for all operations together. With a negative length or
  /// NaN the deadline has passed.
  void expires_after(time_span length) noexcept { set_deadline(later(now(), length.length())); }
  void expires_at(time_point when) noexcept { set_deadline(when); }
  void expires_never() noexcept { set_deadline(time_point::max()); }

  /// Sets the stop token of all following operations: when a stop is requested, in any thread, they end with
  /// errc::stopped. A default-constructed token: none.
  void set_stop(std::stop_token stop) noexcept {
    held_.stop = std::move(stop);
    changed();
  }
  std::stop_token const& stop() const noexcept { return held_.stop; }

  /// The limits of an operation that is called with `call`: `governing` for one that receives, accepts or
  /// handshakes, `governing_a_send` for one that sends or finishes. A timeout of zero set here is ignored,
  /// since a verb waits as its way does.
  ///
  /// Lifetime: the result borrows the stop token.
  limits governing(limits const& call) const noexcept {
    return waits_for_ever() ? call : ruling(call, held_.read);
  }
  limits governing_a_send(limits const& call) const noexcept {
    return waits_for_ever() ? call : ruling(call, held_.write);
  }
  /// Whether no timeout, idle timeout, deadline or stop token is set.
  bool waits_for_ever() const noexcept { return !held_.ends_something; }

 protected:
  /// The limits of a call of the connection's own.
  limits own() const noexcept {
    return waits_for_ever() ? limits{} : ruling({.timeout = held_.read}, held_.read);
  }
  limits own_of_a_send() const noexcept {
    return waits_for_ever() ? limits{} : ruling({.timeout = held_.write}, held_.write);
  }

 private:
  static constexpr bool never(time_span each) noexcept { return each.length() == nanoseconds::zero(); }
  static std::optional<nanoseconds> length_of(time_span span) noexcept;
  limits ruling(limits call, time_span each) const noexcept;
  void changed() noexcept;

  struct held {
    time_span read, write;
    trivium::idle_timeout idle;
    time_point deadline = time_point::max();
    std::stop_token stop;
    bool ends_something = false;
    bool set = false;  // a setter was called
  };
  held held_;
};

/// The limits `call`, completed by the mode of `between` if it has one.
template <class Connection>
limits governing(Connection const& between, limits const& call) noexcept {
  if constexpr (requires { between.governing(call); })
    return between.governing(call);
  else
    return call;
}

/// The same for an operation that sends.
template <class Connection>
limits governing_a_send(Connection const& between, limits const& call) noexcept {
  if constexpr (requires { between.governing_a_send(call); })
    return between.governing_a_send(call);
  else
    return call;
}

/// Whether the mode of `between`, if it has one, sets no limit.
template <class Connection>
bool unlimited(Connection const& between) noexcept {
  // Evaluated for every operation: making the limits first would be a measurable part of a small one.
  if constexpr (std::is_base_of_v<mode, Connection>)
    return between.waits_for_ever();
  else
    return governing(between, {}).none();
}
/// Whether neither that mode nor `call` sets a limit.
template <class Connection>
bool unlimited(Connection const& between, limits const& call) noexcept {
  return call.none() && unlimited(between);
}

}  // namespace trivium
