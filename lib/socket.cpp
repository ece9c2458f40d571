// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <netinet/in.h>

#include <cstring>
#include <stdexcept>
#include <trivium/socket.hpp>

#include "system.hpp"

namespace trivium {
namespace {

template <class Ask>
result<endpoint> address(Ask ask, int descriptor) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* const as_address = reinterpret_cast<sockaddr*>(&storage);
  if (ask(descriptor, as_address, &size) != 0) return last_error();
  return endpoint{as_address, size};
}

}  // namespace

socket_option::socket_option(int level, int name, void const* value, std::size_t size)
    : v4_{level, name}, v6_{level, name}, size_{size} {
  if (size > value_.size()) throw std::length_error{"trivium::socket_option: a value of more than 64 bytes"};
  std::memcpy(value_.data(), value, size);
}

void socket::close() noexcept {
  if (!is_open()) return;
  end_registrations();
  // Not repeated after EINTR: on Linux the descriptor is gone, whatever close returns.
  system().close(std::exchange(descriptor_, -1));
}

error_code socket::open(int family) noexcept {
  if (is_open()) return {EALREADY, boost::system::system_category()};
  descriptor_ = system().socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return is_open() ? error_code{} : last_error();
}

error_code socket::bind(endpoint const& at) noexcept {
  return system().bind(descriptor_, at.data(), at.size()) != 0 ? last_error() : error_code{};
}

error_code socket::listen(int backlog) noexcept {
  return system().listen(descriptor_, backlog) != 0 ? last_error() : error_code{};
}

error_code socket::shutdown(int what) noexcept {
  return system().shutdown(descriptor_, what) != 0 ? last_error() : error_code{};
}

result<std::size_t> socket::available() const noexcept {
  int bytes = 0;
  if (system().arrived(descriptor_, &bytes) != 0) return last_error();
  return static_cast<std::size_t>(bytes);
}

result<endpoint> socket::local_endpoint() const {
  return address(system().getsockname, descriptor_);
}
result<endpoint> socket::remote_endpoint() const {
  return address(system().getpeername, descriptor_);
}

socket::protocol socket::option_protocol() const noexcept {
  int family = AF_UNSPEC;
  socklen_t size = sizeof family;
  system().getsockopt(descriptor_, SOL_SOCKET, SO_DOMAIN, &family, &size);
  return {family};
}

error_code socket::set_option(int level, int name, void const* value, std::size_t size) noexcept {
  if (system().setsockopt(descriptor_, level, name, value, static_cast<socklen_t>(size)) != 0)
    return last_error();
  return {};
}

error_code socket::get_option(int level, int name, void* value, std::size_t& size) const noexcept {
  auto length = static_cast<socklen_t>(size);
  if (system().getsockopt(descriptor_, level, name, value, &length) != 0) return last_error();
  size = length;
  return {};
}

result<socket> listen(endpoint const& at, int backlog) {
  return listen(at, {.backlog = backlog});
}

result<socket> listen(endpoint const& at, listen_options const& how) {
  socket listening{system().socket(at.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!listening.is_open()) return last_error();
  int const on = 1;
  auto const fd = listening.native_handle();
  if (at.family() != AF_UNIX && system().setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
    return last_error();
  int const alone = how.stack == ip_stack::v6_only ? 1 : 0;  // independent of the system's bindv6only
  if (at.family() == AF_INET6 &&
      system().setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &alone, sizeof alone) != 0)
    return last_error();
  for (auto const& option : how.options)
    if (auto const error = listening.set_option(option)) return error;
  if (system().bind(fd, at.data(), at.size()) != 0) return last_error();
  if (system().listen(fd, how.backlog) != 0) return last_error();
  return listening;
}

result<socket> detail::duplicated(int descriptor) noexcept {
  socket copy{system().duplicate(descriptor)};
  if (!copy.is_open()) return last_error();
  return copy;
}

error_code detail::failure_of(int descriptor) noexcept {
  pollfd watch{.fd = descriptor, .events = 0, .revents = 0};
  timespec const at_once{};
  if (system().ppoll(&watch, 1, &at_once, nullptr) <= 0) return {};
  int code = 0;
  socklen_t size = sizeof code;
  if (system().getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) != 0) return last_error();
  if (code == 0 && (watch.revents & POLLHUP) != 0) code = EPIPE;
  return {code, boost::system::system_category()};
}

}  // namespace trivium
