// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What ends everything that is done on one connection: Python's settimeout and setblocking, a timeout for
// each direction, for idleness of both, a deadline, a stop.
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

/// The base of a stream, a tls_stream and a listener. It changes nothing about the descriptor, so that it
/// does not show in what the connection says it is, and whoever shares the descriptor does not notice.
///
/// It holds where a call does not say otherwise: a `timeout` or `stop` among the call's own limits takes the
/// place of the one set here. The deadline and the idle timeout bound every call whatever it says.
///
/// Moved along with its connection: the one that was moved from is as if newly made. Assigned: a connection
/// whose mode nobody has set, as a new one, takes over that of the one it replaces (`there = stream{...}` on
/// a reconnect keeps the timeouts); else it brings its own.
///
/// Threads: set by one thread at a time, while no operation is started. An operation keeps what held when it
/// began. Errors: a length that is negative, or an idle timeout of zero, is refused (EINVAL) and changes
/// nothing; the short forms throw boost::system::system_error.
class mode {
 public:
  mode() noexcept = default;
  mode(mode&& from) noexcept : held_{std::exchange(from.held_, {})} {}
  mode& operator=(mode&& from) noexcept {
    if (this != &from && from.held_.set) held_ = std::exchange(from.held_, {});
    return *this;
  }

  /// Python's rule: none waits for ever, zero never waits, else each operation waits at most so long.
  ///
  /// *Each operation* is a verb of trivium's or one call of the connection's own. What Asio composes of many
  /// such calls (asio::read, async_write, Beast's http::read) is not one: each of its attempts has that long,
  /// and 100 ms for each may come to a second for all. `set_deadline` bounds the whole.
  void set_timeout(time_span each);
  void set_timeout(time_span each, error_code& error) noexcept;
  /// The same for one direction: receiving, accepting, handshakes, a stream's `connect` and `wait`; sending
  /// and `finish`.
  void set_read_timeout(time_span each);
  void set_read_timeout(time_span each, error_code& error) noexcept;
  void set_write_timeout(time_span each);
  void set_write_timeout(time_span each, error_code& error) noexcept;

  /// As Python's gettimeout(): none if it waits for ever. Of two that differ, that of reading.
  std::optional<nanoseconds> timeout() const noexcept { return read_timeout(); }
  std::optional<nanoseconds> read_timeout() const noexcept { return length_of(held_.read); }
  std::optional<nanoseconds> write_timeout() const noexcept { return length_of(held_.write); }

  /// set_blocking(true) is set_timeout(std::nullopt), set_blocking(false) is set_timeout(0s).
  void set_blocking(bool blocking) noexcept;
  /// As Python's getblocking(): whether a call of the connection's own may wait, be it with a timeout. (Of
  /// two timeouts that differ, that of reading.)
  bool is_blocking() const noexcept { return !never(held_.read); }

  /// Asio's name for it: set_blocking(!on).
  void non_blocking(bool on) noexcept { set_blocking(!on); }
  void non_blocking(bool on, error_code& error) noexcept {
    set_blocking(!on);
    error = {};
  }
  bool non_blocking() const noexcept { return !is_blocking(); }

  /// Ends an operation that has waited while neither direction moved a byte for so long, with errc::stalled
  /// (a stream's own call, as of any limit: asio::error::timed_out), told within 1 to 1.25 times it. None:
  /// nothing does. What the other direction moves keeps an operation going: a download may take as long as it
  /// likes while the upload of the same connection is idle, which a read timeout for both would kill.
  /// *Moved*: see `limits` on progress. It bounds transfers and `finish`; an accept or a handshake moves no
  /// bytes of the caller's.
  void set_idle_timeout(time_span length);
  void set_idle_timeout(time_span length, error_code& error) noexcept;
  std::optional<nanoseconds> idle_timeout() const noexcept { return length_of(held_.idle.longest); }

  /// A total over everything that follows. time_point::max(): none. Once it has passed, an operation makes
  /// one attempt and ends with errc::timed_out if that does not suffice.
  void set_deadline(time_point when) noexcept {
    held_.deadline = when;
    changed();
  }
  time_point deadline() const noexcept { return held_.deadline; }

  /// Beast's names for the deadline: from now on, all operations together. Of a length that is negative, or
  /// no number, it has passed.
  void expires_after(time_span length) noexcept { set_deadline(later(now(), length.length())); }
  void expires_at(time_point when) noexcept { set_deadline(when); }
  void expires_never() noexcept { set_deadline(time_point::max()); }

  /// Ends whatever is done from now on, from any thread, when a stop is requested. A default-constructed
  /// token: nothing does.
  void set_stop(std::stop_token stop) noexcept {
    held_.stop = std::move(stop);
    changed();
  }
  std::stop_token const& stop() const noexcept { return held_.stop; }

  /// What ends an operation that is given the limits `call`: one that receives, accepts or shakes hands; one
  /// that sends or finishes. A timeout of zero is left out: a way that is named waits as its name says.
  /// (Borrows the stop token.)
  limits governing(limits const& call) const noexcept {
    return waits_for_ever() ? call : ruling(call, held_.read);
  }
  limits governing_a_send(limits const& call) const noexcept {
    return waits_for_ever() ? call : ruling(call, held_.write);
  }
  /// Whether nothing of it ends anything.
  bool waits_for_ever() const noexcept { return !held_.ends_something; }

 protected:
  /// What ends a call of the connection's own.
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
    bool set = false;  // by anybody
  };
  held held_;
};

/// `call`, and what the mode of `between` adds, if it has one.
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
