// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <cstring>
#include <trivium/endpoint.hpp>

#include "system.hpp"

namespace trivium {
namespace {

constexpr socklen_t path_offset = offsetof(sockaddr_un, sun_path);

error_code problem(int code) noexcept {
  return {code, boost::system::system_category()};
}

}  // namespace

std::string_view without_brackets(std::string_view host) noexcept {
  bool const has = host.starts_with('[') && host.ends_with(']') && host.find(':') != host.npos;
  return has ? host.substr(1, host.size() - 2) : host;
}

endpoint::endpoint(sockaddr const* address, socklen_t size) noexcept
    : size_{std::min<socklen_t>(size, sizeof storage_)} {
  std::memcpy(&storage_, address, size_);
  // A path ends at its terminating zero. Some callers leave that zero out, others pad the path with more. An
  // abstract name begins with a zero, and its length is the one that was given.
  auto const& un = reinterpret_cast<sockaddr_un const&>(storage_);
  if (family() == AF_UNIX && size_ > path_offset && un.sun_path[0] != '\0') {
    auto const length = ::strnlen(un.sun_path, size_ - path_offset);
    size_ = std::min<socklen_t>(path_offset + static_cast<socklen_t>(length) + 1, sizeof un);
  }
}

void endpoint::throw_no_such_family() {
  throw boost::system::system_error{problem(EAFNOSUPPORT)};
}

result<endpoint> endpoint::tcp(std::string_view address, std::uint16_t port) {
  if (address.find('\0') != address.npos) return problem(EINVAL);
  std::string const text{without_brackets(address)};
  if (text.find(':') == text.npos) {
    // inet_pton, because getaddrinfo also accepts "1" and "010.0.0.1", as 0.0.0.1 and 8.0.0.1.
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) != 1) return problem(EINVAL);
    return endpoint{reinterpret_cast<sockaddr const*>(&v4), sizeof v4};
  }
  // getaddrinfo, because it parses the scope of a link-local address. The host is numeric, so no name is
  // looked up.
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (system().getaddrinfo(text.c_str(), std::to_string(port).c_str(), &hints, &found) != 0)
    return problem(EINVAL);
  endpoint const result{found->ai_addr, found->ai_addrlen};
  system().freeaddrinfo(found);
  return result;
}

result<endpoint> endpoint::local(std::string_view path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  bool const abstract = path.starts_with('\0');
  if (path.empty() || (!abstract && path.find('\0') != path.npos)) return problem(EINVAL);
  if (path.size() >= sizeof address.sun_path) return problem(ENAMETOOLONG);
  std::memcpy(address.sun_path, path.data(), path.size());
  return endpoint{reinterpret_cast<sockaddr const*>(&address),
                  path_offset + static_cast<socklen_t>(path.size())};
}

std::uint16_t endpoint::port() const noexcept {
  switch (family()) {
    case AF_INET:
      return ntohs(reinterpret_cast<sockaddr_in const&>(storage_).sin_port);
    case AF_INET6:
      return ntohs(reinterpret_cast<sockaddr_in6 const&>(storage_).sin6_port);
    default:
      return 0;
  }
}

std::string endpoint::to_string() const {
  char text[INET6_ADDRSTRLEN] = "";
  switch (family()) {
    case AF_INET: {
      auto const& v4 = reinterpret_cast<sockaddr_in const&>(storage_);
      ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
      return std::string{text} + ':' + std::to_string(port());
    }
    case AF_INET6: {
      auto const& v6 = reinterpret_cast<sockaddr_in6 const&>(storage_);
      ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
      auto const scope = v6.sin6_scope_id != 0 ? '%' + std::to_string(v6.sin6_scope_id) : std::string{};
      return '[' + std::string{text} + scope + "]:" + std::to_string(port());
    }
    case AF_UNIX: {
      auto const& un = reinterpret_cast<sockaddr_un const&>(storage_);
      auto const length = size_ > path_offset ? static_cast<std::size_t>(size_ - path_offset) : 0;
      if (length == 0) return "(unnamed)";
      if (un.sun_path[0] == '\0') return '@' + std::string{un.sun_path + 1, length - 1};
      return {un.sun_path, ::strnlen(un.sun_path, length)};
    }
    default:
      return "(no address)";
  }
}

bool endpoint::operator==(endpoint const& other) const noexcept {
  return size_ == other.size_ && std::memcmp(&storage_, &other.storage_, size_) == 0;
}

}  // namespace trivium
