// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "connection.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>

namespace trivium::bench {

namespace {

[[noreturn]] void fail(char const* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

sockaddr_in address_of(std::string const& text, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (::inet_pton(AF_INET, text.c_str(), &address.sin_addr) != 1) fail("address");
  return address;
}

void set(descriptor const& socket, int level, int name, int value, char const* what) {
  if (::setsockopt(socket.get(), level, name, &value, sizeof value) != 0) fail(what);
}

descriptor open_socket(connection_options const& options) {
  descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP));
  if (socket.get() < 0) fail("socket");
  // Without it the last piece of an operation may wait for the acknowledgement of the one before: that would
  // compare Nagle's algorithm, and every serious user of small messages has it off.
  set(socket, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
  if (options.send_buffer != 0) {
    set(socket, SOL_SOCKET, SO_SNDBUF, static_cast<int>(options.send_buffer), "SO_SNDBUF");
  }
  if (!options.congestion.empty()) {
    // Not being permitted is a fact about the machine, which the report states; it does not end the trial.
    (void)::setsockopt(socket.get(), IPPROTO_TCP, TCP_CONGESTION, options.congestion.data(),
                       static_cast<socklen_t>(options.congestion.size()));
  }
  return socket;
}

void bind_to(descriptor const& socket, std::string const& address) {
  auto const here = address_of(address, 0);
  if (::bind(socket.get(), reinterpret_cast<sockaddr const*>(&here), sizeof here) != 0) fail("bind");
}

void wait_for(descriptor const& socket, short events, time_point limit, char const* what) {
  for (;;) {
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(limit - clock::now()).count();
    pollfd one{.fd = socket.get(), .events = events, .revents = 0};
    auto const n = ::poll(&one, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (n > 0) return;
    if (n == 0) throw std::system_error(ETIMEDOUT, std::generic_category(), what);
    if (errno != EINTR) fail(what);
  }
}

}  // namespace

descriptor listen_on(connection_options const& options) {
  auto socket = open_socket(options);
  bind_to(socket, options.address);
  if (::listen(socket.get(), SOMAXCONN) != 0) fail("listen");
  return socket;
}

std::uint16_t port_of(descriptor const& listening) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) fail("getsockname");
  return ntohs(address.sin_port);
}

descriptor accept_one(descriptor const& listening, time_point limit) {
  wait_for(listening, POLLIN, limit, "accept");
  descriptor socket(::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (socket.get() < 0) fail("accept");
  return socket;
}

descriptor connect_to(std::uint16_t port, connection_options const& options, time_point limit) {
  auto socket = open_socket(options);
  // From the address it connects to: the system remembers round trip times by address, and every trial has
  // its own.
  bind_to(socket, options.address);
  auto const there = address_of(options.address, port);
  // On loopback a connect to a listening socket ends at once or not at all; the limit is for the unforeseen.
  timeval const patience{.tv_sec = std::max<std::int64_t>(
                             std::chrono::ceil<std::chrono::seconds>(limit - clock::now()).count(), 1),
                         .tv_usec = 0};
  (void)::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(socket.get(), reinterpret_cast<sockaddr const*>(&there), sizeof there) != 0) fail("connect");
  timeval const for_ever{};
  (void)::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &for_ever, sizeof for_ever);
  return socket;
}

std::string congestion_of(descriptor const& socket) {
  char name[16] = {};  // TCP_CA_NAME_MAX
  socklen_t size = sizeof name;
  if (::getsockopt(socket.get(), IPPROTO_TCP, TCP_CONGESTION, name, &size) != 0) return "unknown";
  return {name, ::strnlen(name, sizeof name)};
}

std::string congestion_refusal(std::string const& wanted) {
  descriptor const socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP));
  if (socket.get() < 0) return std::strerror(errno);
  if (congestion_of(socket) == wanted) return {};
  auto const refused = ::setsockopt(socket.get(), IPPROTO_TCP, TCP_CONGESTION, wanted.data(),
                                    static_cast<socklen_t>(wanted.size())) != 0;
  return refused ? std::strerror(errno) : std::string{};
}

std::vector<std::string> congestion_available() {
  std::ifstream file("/proc/sys/net/ipv4/tcp_available_congestion_control");
  return {std::istream_iterator<std::string>(file), {}};
}

double send_buffer_of(int socket) {
  int bytes = 0;
  socklen_t size = sizeof bytes;
  return ::getsockopt(socket, SOL_SOCKET, SO_SNDBUF, &bytes, &size) == 0 ? bytes : 0;
}

}  // namespace trivium::bench
