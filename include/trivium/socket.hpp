// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The owner of one TCP or Unix descriptor. No executor, no mode, no event loop: those are a stream's.
#pragma once

#include <trivium/config.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <trivium/endpoint.hpp>
#include <trivium/error.hpp>
#include <type_traits>
#include <utility>

namespace TRIVIUM_EXPORT trivium {

/// A registration of a descriptor in an event loop. Its socket ends it before the descriptor is closed, or
/// given away, and its number can be another's.
class descriptor_registration {
 public:
  descriptor_registration(descriptor_registration const&) = delete;
  descriptor_registration& operator=(descriptor_registration const&) = delete;
  descriptor_registration* next() const noexcept { return next_; }

 protected:
  descriptor_registration() = default;
  ~descriptor_registration() = default;

 private:
  friend class socket;
  /// The socket does not know it any more.
  virtual void end() noexcept = 0;
  descriptor_registration* next_ = nullptr;
};

/// A socket option by value, to be set where a socket is made: connect_options, listen_options. Any of
/// Asio's, or level, name and value as setsockopt(2) has them:
///
///     trivium::socket_option const options[] = {
///         asio::ip::tcp::no_delay{true}, {SOL_SOCKET, SO_BINDTODEVICE, "eth0"}};
///     auto peer = trivium::blocking::connect(host, port, {.timeout = 5s}, {.options = options});
///
/// Errors: throws std::length_error for a value of more than 64 bytes.
class socket_option {
  // What Asio's options ask of a protocol.
  struct protocol {
    int number;
    constexpr int family() const noexcept { return number; }
  };

 public:
  socket_option(int level, int name, int value) : socket_option{level, name, &value, sizeof value} {}
  socket_option(int level, int name, std::string_view value)
      : socket_option{level, name, value.data(), value.size()} {}

  template <class AsioOption>
  requires requires(AsioOption const& from) {
    { from.level(protocol{AF_INET}) } -> std::convertible_to<int>;
    { from.name(protocol{AF_INET}) } -> std::convertible_to<int>;
    { from.data(protocol{AF_INET}) } -> std::convertible_to<void const*>;
  }
  socket_option(AsioOption const& from)
      : socket_option{from.level(protocol{AF_INET}), from.name(protocol{AF_INET}),
                      from.data(protocol{AF_INET}), from.size(protocol{AF_INET})} {
    v6_ = {from.level(protocol{AF_INET6}), from.name(protocol{AF_INET6})};
  }

  // As of Asio's options.
  template <class Protocol>
  int level(Protocol const& of) const noexcept {
    return name_for(of.family()).level;
  }
  template <class Protocol>
  int name(Protocol const& of) const noexcept {
    return name_for(of.family()).name;
  }
  template <class Protocol>
  void const* data(Protocol const&) const noexcept {
    return value_.data();
  }
  template <class Protocol>
  std::size_t size(Protocol const&) const noexcept {
    return size_;
  }

 private:
  struct number {
    int level, name;
  };
  socket_option(int level, int name, void const* value, std::size_t size);
  number name_for(int family) const noexcept { return family == AF_INET6 ? v6_ : v4_; }

  number v4_, v6_;  // some differ between the families: unicast::hops
  std::size_t size_;
  std::array<std::byte, 64> value_{};
};

/// What `connect` and `accept` return in every way, and `listen`. Move-only; closes what it owns.
///
/// Made as the system makes it. Nagle's algorithm is on: a request sent in two small parts, header and body,
/// waits 40 ms for the peer's delayed acknowledgement before the second goes out. Send both at once (a buffer
/// sequence is one send), or set tcp::no_delay.
///
/// SO_RCVTIMEO and SO_SNDTIMEO have no effect: where they end a call of the kernel's, the wait goes on. What
/// ends a wait is a limit of the call, or a mode.
///
/// Requires, of every use but close and is_open: it is open; otherwise EBADF.
/// Threads: one send and one receive at a time; the two may run in different threads and ways.
class socket {
 public:
  socket() noexcept = default;
  /// Takes over a descriptor that the caller owned.
  explicit socket(int descriptor) noexcept : descriptor_{descriptor} {}
  ~socket() { close(); }

  socket(socket&& from) noexcept : descriptor_{from.release()} {}
  socket& operator=(socket&& from) noexcept {
    if (this != &from) {
      close();
      descriptor_ = from.release();
    }
    return *this;
  }

  int native_handle() const noexcept { return descriptor_; }
  bool is_open() const noexcept { return descriptor_ >= 0; }

  /// Gives the descriptor back to the caller; the socket is closed without closing it. Asynchronous
  /// operations under way on it end with errc::stopped, here as where it is closed, moved from or destroyed.
  [[nodiscard]] int release() noexcept {
    end_registrations();
    return std::exchange(descriptor_, -1);
  }
  void close() noexcept;

  /// For the async way: the registrations of its descriptor, which it ends before it loses that.
  descriptor_registration* registrations() const noexcept { return registrations_; }
  /// Requires: is_open().
  void add(descriptor_registration& of) noexcept { of.next_ = std::exchange(registrations_, &of); }
  void end_registrations() noexcept {
    end_registrations([](auto&) { return true; });
  }
  /// Those of them for which `which(registration)` holds.
  template <class Predicate>
  void end_registrations(Predicate which) noexcept {
    for (auto** at = &registrations_; *at != nullptr;) {
      auto& each = **at;
      if (!which(each)) {
        at = &each.next_;
        continue;
      }
      *at = std::exchange(each.next_, nullptr);
      each.end();
    }
  }

  // Step by step, as Asio's sockets are made and used; `connect` and `listen` do it at once.

  /// A stream socket of that family. Errors: EALREADY if it is open.
  [[nodiscard]] error_code open(int family) noexcept;
  [[nodiscard]] error_code bind(endpoint const& at) noexcept;
  [[nodiscard]] error_code listen(int backlog = SOMAXCONN) noexcept;
  /// SHUT_RD, SHUT_WR or SHUT_RDWR: see shutdown(2).
  [[nodiscard]] error_code shutdown(int what) noexcept;
  /// How many bytes can be received without waiting.
  result<std::size_t> available() const noexcept;

  result<endpoint> local_endpoint() const;
  result<endpoint> remote_endpoint() const;

  /// Any of Asio's socket options: `set_option(boost::asio::ip::tcp::no_delay{true})`.
  template <class Option>
  [[nodiscard]] error_code set_option(Option const& option) noexcept {
    protocol const of = option_protocol();
    return set_option(option.level(of), option.name(of), option.data(of), option.size(of));
  }
  template <class Option>
  [[nodiscard]] error_code get_option(Option& option) const noexcept {
    protocol const of = option_protocol();
    auto size = static_cast<std::size_t>(option.size(of));
    auto const error = get_option(option.level(of), option.name(of), option.data(of), size);
    if (!error) option.resize(of, size);
    return error;
  }

 private:
  // What Asio's options ask of a protocol.
  struct protocol {
    int number;
    int family() const noexcept { return number; }
  };
  protocol option_protocol() const noexcept;
  error_code set_option(int level, int name, void const* value, std::size_t size) noexcept;
  error_code get_option(int level, int name, void* value, std::size_t& size) const noexcept;

  int descriptor_ = -1;
  descriptor_registration* registrations_ = nullptr;
};

/// Whom a socket hears that listens at an IPv6 address.
enum class ip_stack {
  dual,    ///< at `::` also who calls by IPv4, whose address is then an IPv6 one, ::ffff:192.0.2.1
  v6_only  ///< so that another may listen at 0.0.0.0 and the same port
};

struct listen_options {
  int backlog = SOMAXCONN;  ///< how many may wait to be accepted; the system has a limit of its own
  ip_stack stack = ip_stack::dual;
  /// Set before it is bound and listens: SO_REUSEPORT, SO_BINDTODEVICE. What is accepted inherits most of
  /// them: tcp::no_delay, keep_alive, the sizes of the buffers. Borrowed for the call.
  std::span<socket_option const> options{};
};

// g++ 12 destroys the members of an aggregate temporary in a co_await expression twice.
static_assert(std::is_trivially_destructible_v<listen_options>);

/// A socket that listens on `at`; port 0 lets the system choose one (see local_endpoint). For TCP the address
/// may be taken again at once after a restart (SO_REUSEADDR). Errors: the kernel's, EADDRINUSE among them: a
/// port that another listens at, or a Unix path that exists; of an option that it does not take.
result<socket> listen(endpoint const& at, listen_options const& how);
result<socket> listen(endpoint const& at, int backlog = SOMAXCONN);

}  // namespace trivium
