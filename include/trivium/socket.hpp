// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The owner of one TCP or Unix descriptor. It has no executor, no mode and no event loop; a stream has these.
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

/// The registration of a descriptor with an event loop. The socket ends it before the descriptor is closed or
/// released, because the descriptor's number may then be assigned to another file.
class descriptor_registration {
 public:
  descriptor_registration(descriptor_registration const&) = delete;
  descriptor_registration& operator=(descriptor_registration const&) = delete;
  /// The next registration of the same socket.
  descriptor_registration* next() const noexcept { return next_; }
  /// The kinds of event loops: an execution context of Asio's, and a nonblocking::multiplexer.
  enum class loop_kind : unsigned char { context, multiplexer };
  /// The kind of the loop with which it is.
  loop_kind registered_with() const noexcept { return registered_with_; }

 protected:
  /// Made by a loop of that kind.
  explicit descriptor_registration(loop_kind with) noexcept : registered_with_{with} {}
  ~descriptor_registration() = default;

 private:
  friend class socket;
  /// Called when the socket removes the registration from its list.
  virtual void end() noexcept = 0;
  descriptor_registration* next_ = nullptr;
  loop_kind const registered_with_;
};

/// A socket option by value, to be set when a socket is created: see connect_options, listen_options. It is
/// one of Asio's options, or level, name and value as for setsockopt(2):
///
///     trivium::socket_option const options[] = {
///         asio::ip::tcp::no_delay{true}, {SOL_SOCKET, SO_BINDTODEVICE, "eth0"}};
///     auto peer = trivium::blocking::connect(host, port, {.timeout = 5s}, {.options = options});
///
/// Errors: throws std::length_error for a value of more than 64 bytes.
class socket_option {
  // The part of a protocol that Asio's options require.
  struct protocol {
    int number;
    constexpr int family() const noexcept { return number; }
  };

 public:
  /// Level, name and value, as for setsockopt(2).
  socket_option(int level, int name, int value) : socket_option{level, name, &value, sizeof value} {}
  socket_option(int level, int name, std::string_view value)
      : socket_option{level, name, value.data(), value.size()} {}

  /// One of Asio's options.
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

  /// What Asio's set_option asks of an option (SettableSocketOption): this is one, for Asio's sockets too.
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

  number v4_, v6_;  // some differ between IPv4 and IPv6: unicast::hops
  std::size_t size_;
  std::array<std::byte, 64> value_{};
};

/// A socket: `connect` and `accept` return one in every way, and so does `listen`. Move-only. The destructor
/// closes the descriptor.
///
/// A new socket has the system's default options. Nagle's algorithm is enabled: if a request is sent in two
/// small parts, header and body, the second part is delayed by 40 ms, until the peer's delayed
/// acknowledgement arrives. To avoid this send both at once (a buffer sequence is one send), or set
/// tcp::no_delay.
///
/// SO_RCVTIMEO and SO_SNDTIMEO have no effect: if they end a system call, the wait continues. A wait is ended
/// by a limit of the call, or by a mode.
///
/// Requires: every function but close and is_open requires an open socket. Otherwise the error is EBADF.
///
/// Lifetime, cancellation: to close, release, move from or destroy the socket cancels its outstanding
/// asynchronous operations, which complete with errc::stopped.
///
/// Threads: one send and one receive at a time. The two may run in different threads and in different ways.
class socket {
 public:
  socket() noexcept = default;
  /// Takes ownership of a descriptor.
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

  /// The descriptor; negative if the socket is not open.
  int native_handle() const noexcept { return descriptor_; }
  /// Whether it has a descriptor.
  bool is_open() const noexcept { return descriptor_ >= 0; }

  /// Releases ownership of the descriptor without closing it, and returns it. The socket is then not open.
  /// Outstanding asynchronous operations complete with errc::stopped.
  [[nodiscard]] int release() noexcept {
    end_registrations();
    return std::exchange(descriptor_, -1);
  }
  /// Ends the registrations and closes the descriptor.
  void close() noexcept;

  /// For the async way: the registrations of the descriptor. The socket ends them before it closes or
  /// releases the descriptor.
  descriptor_registration* registrations() const noexcept { return registrations_; }
  /// Adds a registration. Requires: is_open().
  void add(descriptor_registration& of) noexcept { of.next_ = std::exchange(registrations_, &of); }
  /// Ends all registrations.
  void end_registrations() noexcept {
    end_registrations([](auto&) { return true; });
  }
  /// Ends the registrations for which `which(registration)` is true.
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

  // The single steps of creating and using a socket, as for Asio's sockets. `connect` and `listen` do them at
  // once.

  /// Opens a stream socket of the given address family. Errors: EALREADY if the socket is open.
  [[nodiscard]] error_code open(int family) noexcept;
  /// See bind(2).
  [[nodiscard]] error_code bind(endpoint const& at) noexcept;
  /// See listen(2).
  [[nodiscard]] error_code listen(int backlog = SOMAXCONN) noexcept;
  /// `what` is SHUT_RD, SHUT_WR or SHUT_RDWR; see shutdown(2).
  [[nodiscard]] error_code shutdown(int what) noexcept;
  /// The number of bytes that can be received without waiting.
  result<std::size_t> available() const noexcept;

  /// The address of this end; see getsockname(2).
  result<endpoint> local_endpoint() const;
  /// The address of the other end; see getpeername(2).
  result<endpoint> remote_endpoint() const;

  /// Sets any of Asio's socket options: `set_option(boost::asio::ip::tcp::no_delay{true})`.
  template <class Option>
  [[nodiscard]] error_code set_option(Option const& option) noexcept {
    protocol const of = option_protocol();
    return set_option(option.level(of), option.name(of), option.data(of), option.size(of));
  }
  /// Reads any of Asio's socket options.
  template <class Option>
  [[nodiscard]] error_code get_option(Option& option) const noexcept {
    protocol const of = option_protocol();
    auto size = static_cast<std::size_t>(option.size(of));
    auto const error = get_option(option.level(of), option.name(of), option.data(of), size);
    if (!error) option.resize(of, size);
    return error;
  }

  /// The socket whose registrations a connection has: see nonblocking::multiplexer and the async way. (Null:
  /// it has none at present.)
  friend socket* registered_socket(socket& of) noexcept { return &of; }

 private:
  // The part of a protocol that Asio's options require.
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

/// IPV6_V6ONLY: whether a socket that listens on an IPv6 address also accepts IPv4 connections.
enum class ip_stack {
  dual,    ///< on "::" also IPv4, with peer addresses of the form "::ffff:192.0.2.1"
  v6_only  ///< so that another socket can listen on 0.0.0.0 and the same port
};

/// The options of a listening socket.
struct listen_options {
  int backlog = SOMAXCONN;  ///< how many connections may wait to be accepted; the system limits it too
  ip_stack stack = ip_stack::dual;  ///< of an IPv6 address
  /// Set before the socket is bound and listens: SO_REUSEPORT, SO_BINDTODEVICE. Accepted sockets inherit most
  /// options: tcp::no_delay, keep_alive, the buffer sizes. Lifetime: borrowed for the duration of the call.
  std::span<socket_option const> options{};
};

// g++ 12 destroys the members of an aggregate temporary in a co_await expression twice.
static_assert(std::is_trivially_destructible_v<listen_options>);

/// Returns a socket that listens on `at`. For port 0 the system chooses a port (see local_endpoint). A TCP
/// address can be used again immediately after a restart (SO_REUSEADDR). Errors: the kernel's, among them
/// EADDRINUSE if another socket listens on the port, or if the Unix path exists; those of an option that
/// cannot be set.
result<socket> listen(endpoint const& at, listen_options const& how);
result<socket> listen(endpoint const& at, int backlog = SOMAXCONN);

namespace detail {
/// A second descriptor of the same open file, whatever it is. Errors: EBADF, EMFILE.
result<socket> duplicated(int descriptor) noexcept;
/// Why nothing more can be sent through a socket: its error, which is then no longer pending, or EPIPE if it
/// is shut in both directions. No error if neither is so.
error_code failure_of(int descriptor) noexcept;
}  // namespace detail

}  // namespace trivium
