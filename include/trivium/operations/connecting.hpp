// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Connect operations, and the wait for readiness.
#pragma once

#include <trivium/config.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <trivium/connection.hpp>
#include <trivium/endpoint.hpp>
#include <trivium/mode.hpp>
#include <trivium/operation.hpp>
#include <trivium/socket.hpp>
#include <type_traits>
#include <vector>

namespace TRIVIUM_EXPORT trivium {

/// The outcome of the attempt to connect to one address.
struct connect_attempt {
  endpoint to;       ///< the address
  error_code error;  ///< none: connected; errc::would_block: unanswered at the end; else the failure
};

/// A port number, or a service name from /etc/services. A number that is not a port is reported like an
/// unknown name, as asio::error::service_not_found.
class service {
 public:
  /// A name, or a number as text; or a number.
  template <class Text>
  requires std::is_convertible_v<Text const&, std::string_view> service(Text const& name)
      : text_{std::string_view{name}} {}
  template <std::integral Number>
  service(Number port) : text_{std::to_string(port)} {}
  service(std::nullptr_t) = delete;

  /// The name or the number, as text.
  std::string const& text() const noexcept { return text_; }

 private:
  std::string text_;
};

/// How a connection is made and how the addresses of a name are tried.
struct connect_options {
  /// How long an attempt may be unanswered before the next address is tried concurrently. Less than 100 ms is
  /// 100 ms, the minimum that RFC 8305 recommends. None (std::nullopt) tries one address after the other.
  time_span attempt_delay = std::chrono::milliseconds{250};
  /// If not null, receives the outcome of each address, in the order in which they were tried. It is cleared
  /// first. Borrowed until the operation has ended; the program must not modify it before.
  std::vector<connect_attempt>* attempts = nullptr;
  /// Options set on each attempt's socket before it connects: no_delay, keep_alive, SO_BINDTODEVICE. An
  /// option that cannot be set fails that attempt. Borrowed until the operation has ended.
  std::span<socket_option const> options{};
};

// g++ 12 destroys the members of an aggregate temporary in a co_await expression twice.
static_assert(std::is_trivially_destructible_v<connect_options>);

/// Connects to a host and service, or to an endpoint. A host name is looked up, and its addresses are tried
/// as RFC 8305 ("Happy Eyeballs") describes: in the system's order, with the two address families
/// alternating; the next address concurrently with one that has not answered within
/// connect_options::attempt_delay (250 ms), and at once after one that failed. The first connection is used,
/// and the other attempts are closed. It owns its descriptors until the socket is taken. Advanced like a
/// transfer. Of the limits `timeout` and `stop` apply; they include the look-up.
///
/// If there is another address to try, it waits for an epoll descriptor of its own, at most until the next
/// attempt is due. If it is destroyed before it has ended, its attempts are closed and its look-up is
/// abandoned; the look-up's thread accesses only memory that it owns.
///
/// Look-ups: at most 32 names are looked up concurrently in a process. Further look-ups are queued, within
/// their limits. An abandoned look-up occupies its thread until the system has given up on the name (see
/// resolv.conf(5)). Concurrent look-ups of the same host and service share one. No answer is cached.
///
/// fork(2): a child process that continues an operation whose look-up was started by its parent gets
/// asio::error::host_not_found_try_again at once, since the look-up's thread exists in the parent only. Start
/// a new one.
///
/// Errors: of the look-up: asio::error::host_not_found, host_not_found_try_again, service_not_found and
/// others; if a resource was missing, that error (errc::no_thread, EMFILE ...: `out_of_resources`). Otherwise
/// the most informative error of the attempts, the first among equals, in this order:
///   1. the peer refused: ECONNREFUSED, ECONNRESET
///   2. a local failure: EMFILE, EACCES and all that are not listed here
///   3. the peer did not answer: ETIMEDOUT
///   4. there is no route: ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN, EADDRNOTAVAIL, EAFNOSUPPORT
/// connect_options::attempts has the error of each attempt. A TCP socket that was connected to itself, which
/// can happen at a port of this machine on which no process listens, is reported as ECONNREFUSED.
class connecting final : public operation {
 public:
  /// A host name is looked up in a thread of the library, since getaddrinfo(3) cannot be interrupted; all
  /// signals are blocked in that thread. A numeric address needs no thread. An IPv6 address may be in
  /// brackets, as in a URL.
  ///
  /// Throws: std::bad_alloc.
  connecting(std::string_view host, service const& at, limits const& within = {},
             connect_options const& how = {});
  explicit connecting(endpoint const& to, limits const& within = {}, connect_options const& how = {});
  ~connecting() override;
  connecting(connecting&&) noexcept;

  /// Returns the connected socket, or the error. May be called once.
  ///
  /// Requires: ended().
  trivium::result<socket> take() noexcept;

 private:
  attempt step(std::size_t most) noexcept override;
  attempt resolve() noexcept;

  struct state;
  std::unique_ptr<state> state_;
};

/// connect(2) on the descriptor of an open socket; a stream's own `connect` is implemented by it.
/// (`connecting` makes the sockets itself and tries several addresses.)
///
/// The descriptor is O_NONBLOCK during the operation. If a limit ends it, the descriptor stays so, and
/// another connecting_open to the same address continues the attempt. Advanced like a transfer; of the limits
/// `timeout` and `stop` apply.
///
/// Errors: of connect(2) and fcntl(2); ECONNREFUSED if the socket was connected to itself.
class connecting_open final : public operation {
 public:
  /// Connects the open socket `with` to `to`. The mode of `with` completes the limits.
  template <has_descriptor Connection>
  connecting_open(Connection& with, endpoint const& to, limits const& within = {})
      : operation{time_and_stop(governing(with, within))}, descriptor_{with.native_handle()}, to_{to} {}
  ~connecting_open() override = default;
  connecting_open(connecting_open&&) noexcept = default;

 private:
  attempt step(std::size_t most) noexcept override;

  int descriptor_;
  endpoint to_;
  bool under_way_ = false;
  bool was_blocking_ = false;
};

/// Waits until a descriptor is ready, and moves no bytes; a stream's own `wait` is implemented by it. Of the
/// limits `timeout` and `stop` apply.
///
/// Errors: EBADF; those of ppoll(2).
class waiting final : public operation {
 public:
  /// Waits until `on` is ready. The mode of `on` completes the limits.
  template <has_descriptor Connection>
  waiting(Connection& on, readiness until, limits const& within = {})
      : operation{time_and_stop(governing(on, within))}, for_{on.native_handle(), until} {}
  ~waiting() override = default;
  waiting(waiting&&) noexcept = default;

 private:
  attempt step(std::size_t most) noexcept override;

  trivium::interest for_;
};

}  // namespace trivium
