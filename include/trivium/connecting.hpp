// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A connect under way. It owns its descriptors until it is connected.
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

/// What became of one address that was tried.
struct connect_attempt {
  endpoint to;
  error_code error;  ///< none: connected; errc::would_block: no answer by the end; else why it failed
};

/// A port by its number, or a name of /etc/services. A number that is no port is told as a name that is none:
/// asio::error::service_not_found.
class service {
 public:
  template <class Text>
  requires std::is_convertible_v<Text const&, std::string_view> service(Text const& name)
      : text_{std::string_view{name}} {}
  template <std::integral Number>
  service(Number port) : text_{std::to_string(port)} {}
  service(std::nullptr_t) = delete;

  std::string const& text() const noexcept { return text_; }

 private:
  std::string text_;
};

/// How a connection is made, and the addresses of a name are tried.
struct connect_options {
  /// How long an attempt goes unanswered before the next address is tried beside it. Less than 100 ms is
  /// 100 ms, the least that RFC 8305 recommends; none at all tries one after the other.
  time_span attempt_delay = std::chrono::milliseconds{250};
  /// If given: what became of each address, in the order in which they were tried. Borrowed until the
  /// operation has ended, and emptied before; not to be changed meanwhile.
  std::vector<connect_attempt>* attempts = nullptr;
  /// Set on each attempt's socket before it connects: no_delay, keep_alive, SO_BINDTODEVICE. One that is
  /// refused is the attempt's error. Borrowed until the operation has ended.
  std::span<socket_option const> options{};
};

// g++ 12 destroys the members of an aggregate temporary in a co_await expression twice.
static_assert(std::is_trivially_destructible_v<connect_options>);

/// Looks the name up, if it is one, and connects to one of its addresses as RFC 8305 says ("Happy Eyeballs"):
/// the system's order, but both families in turn; the next address beside one that has not answered within
/// 250 ms, and at once after one that failed. The first to be connected wins, the others are closed. Advanced
/// like a transfer, by the caller or by a way; the limits hold for all of it, look-up included.
///
/// Where there is another address to try, it waits for an epoll descriptor of its own, until the next attempt
/// is due. Destroyed before it has ended, it leaves nothing behind: the attempts are closed, the look-up
/// abandoned; what the look-up's thread still touches is its own.
///
/// Look-ups: at most 32 names are looked up at once in a process. One that is asked for beyond that waits its
/// turn, as its limits let it. An abandoned look-up keeps its thread until the system has given up on the
/// name (resolv.conf says when). A host and service that is being looked up already is not looked up twice:
/// all who ask get that answer. None is kept.
///
/// A child process that goes on with a look-up begun before fork(2) gets host_not_found_try_again at once,
/// since its thread is the parent's: connect anew.
///
/// Errors: of the look-up (asio::error::host_not_found ...), where the system ran short of something what
/// that was (errc::no_thread, EMFILE ...: `out_of_resources`); else of the attempt that tells most, the first
/// of several alike: a peer that refused (ECONNREFUSED), then what this side could not do (EMFILE, EACCES),
/// then a peer that did not answer (ETIMEDOUT), then a network that is not there (ENETUNREACH ...). What
/// became of each stands in connect_options::attempts. One that TCP has connected to itself, which happens at
/// a port of this machine where nobody listens, is refused.
class connecting final : public operation {
 public:
  /// A name of a host is looked up in a thread of the library's, which takes no signals, since getaddrinfo
  /// cannot be interrupted; a numeric address is not. An IPv6 one may be in brackets, as in a URL.
  connecting(std::string_view host, service const& at, limits const& within = {},
             connect_options const& how = {});
  explicit connecting(endpoint const& to, limits const& within = {}, connect_options const& how = {});
  ~connecting() override;
  connecting(connecting&&) noexcept;

  /// Requires: ended(). The connected socket, once, or why there is none.
  trivium::result<socket> take() noexcept;

 private:
  attempt step(std::size_t most) noexcept override;
  attempt resolve() noexcept;

  struct state;
  std::unique_ptr<state> state_;
};

/// connect(2) of a socket that is open, on its descriptor: what a stream's own `connect` is. `connecting`
/// makes sockets itself, and tries several addresses.
///
/// The descriptor is O_NONBLOCK meanwhile, and stays so where a limit ends it; another to the same address
/// then goes on. Advanced like a transfer, heeding `timeout` and `stop`.
class connecting_open final : public operation {
 public:
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

/// Waits until a descriptor is ready, and moves nothing: what a stream's own `wait` is.
class waiting final : public operation {
 public:
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
