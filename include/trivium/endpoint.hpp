// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The address of one end of a connection: an IPv4, IPv6 or Unix socket address. A value type; it resolves no
// names.
#pragma once

#include <trivium/config.hpp>

#include <sys/socket.h>

#include <compare>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <trivium/error.hpp>
#include <type_traits>
#include <utility>

namespace TRIVIUM_EXPORT trivium {

/// `host` without the brackets of an IPv6 address in a URL: "[::1]" becomes "::1". Anything else is
/// unchanged.
std::string_view without_brackets(std::string_view host) noexcept;

/// A socket address. A value type.
class endpoint {
  struct no_endpoint {};  // only Asio's generic endpoint claims to be constructible from this

 public:
  /// No address: the family is AF_UNSPEC.
  endpoint() noexcept = default;

  /// A copy of a socket address.
  endpoint(sockaddr const* address, socklen_t size) noexcept;

  /// From any of Asio's endpoints: tcp, local::stream_protocol, generic.
  template <class AsioEndpoint>
  requires requires(AsioEndpoint const& from) {
    { from.data() } -> std::convertible_to<sockaddr const*>;
    { from.size() } -> std::convertible_to<std::size_t>;
    from.protocol();
  }
  endpoint(AsioEndpoint const& from) noexcept : endpoint{from.data(), static_cast<socklen_t>(from.size())} {}

  /// To any of Asio's endpoints; a generic one uses its own constructor.
  ///
  /// Throws: boost::system::system_error (address_family_not_supported) if that endpoint cannot hold the
  /// address, as a Unix path in an ip::tcp::endpoint.
  template <class AsioEndpoint>
  requires requires(AsioEndpoint& to) {
    { to.data() } -> std::convertible_to<sockaddr*>;
    to.resize(std::size_t{});
    { to.capacity() } -> std::convertible_to<std::size_t>;
    to.protocol().family();
    requires !std::is_constructible_v<AsioEndpoint, no_endpoint>;
  }
  operator AsioEndpoint() const {
    AsioEndpoint to;
    if (size() > to.capacity()) throw_no_such_family();
    std::memcpy(static_cast<sockaddr*>(to.data()), data(), size());
    if (to.protocol().family() != family()) throw_no_such_family();
    to.resize(size());
    return to;
  }

  /// A numeric IPv4 or IPv6 address and a port. The address may have a %scope, and may be in brackets as in a
  /// URL.
  ///
  /// Errors: EINVAL.
  static result<endpoint> tcp(std::string_view address, std::uint16_t port);

  /// The address of a Unix socket: a path in the file system or, if it begins with a zero byte, a name in
  /// Linux's abstract namespace; see unix(7).
  ///
  /// Errors: EINVAL if it is empty, or a path that contains a zero byte; ENAMETOOLONG if it is longer than
  ///         107 bytes.
  static result<endpoint> local(std::string_view path);

  /// AF_INET, AF_INET6, AF_UNIX or AF_UNSPEC.
  int family() const noexcept { return storage_.ss_family; }
  /// Required by Asio's generic endpoint.
  struct stream_protocol {
    int family_;
    constexpr int family() const noexcept { return family_; }
    static constexpr int type() noexcept { return SOCK_STREAM; }
    static constexpr int protocol() noexcept { return 0; }
  };
  /// Stream sockets of that family.
  stream_protocol protocol() const noexcept { return {family()}; }
  std::uint16_t port() const noexcept;  ///< 0 for Unix sockets
  /// The address and its length, as connect(2) takes them.
  sockaddr const* data() const noexcept { return reinterpret_cast<sockaddr const*>(&storage_); }
  socklen_t size() const noexcept { return size_; }

  /// "127.0.0.1:80", "[::1]:80", "/run/socket", "@abstract".
  std::string to_string() const;

  /// Whether both are the same address, byte for byte.
  bool operator==(endpoint const& other) const noexcept;

 private:
  [[noreturn]] static void throw_no_such_family();

  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

namespace detail {

template <class Results>
struct endpoint_of_range {};
template <class Results>
requires requires(Results const& of) {
  of.begin()->protocol();
}
struct endpoint_of_range<Results> {
  using type = std::remove_cvref_t<decltype(*std::declval<Results const&>().begin())>;
};
template <class Results>
requires requires(Results const& of) {
  of.begin()->endpoint();
}
struct endpoint_of_range<Results> {
  using type = std::remove_cvref_t<decltype(std::declval<Results const&>().begin()->endpoint())>;
};

}  // namespace detail

/// The endpoint type of a resolver's results, or of any range of Asio's or trivium's endpoints.
template <class Results>
using endpoint_of = typename detail::endpoint_of_range<Results>::type;
/// A resolver's results, or any range of endpoints.
template <class Results>
concept endpoint_range = requires {
  typename endpoint_of<Results>;
};

}  // namespace trivium
