// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "transports.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <system_error>

namespace trivium::test {
namespace {

void must(bool well, char const* what) {
  if (!well) throw std::system_error{errno, std::generic_category(), what};
}

void set(socket const& of, int level, int name, int value) {
  must(::setsockopt(of.native_handle(), level, name, &value, sizeof value) == 0, "setsockopt");
}

void narrow(socket const& end, int bytes) {
  if (bytes == 0) return;
  set(end, SOL_SOCKET, SO_SNDBUF, bytes);
  set(end, SOL_SOCKET, SO_RCVBUF, bytes);
}

}  // namespace

std::pair<socket, socket> tcp_pair(int buffer_bytes) {
  // By hand, and not by the verbs: a test of theirs should not lean on them.
  socket listening{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  must(listening.is_open(), "socket");
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  auto* const address = reinterpret_cast<sockaddr*>(&at);
  narrow(listening, buffer_bytes);
  must(::bind(listening.native_handle(), address, size) == 0, "bind");
  must(::listen(listening.native_handle(), 1) == 0, "listen");
  must(::getsockname(listening.native_handle(), address, &size) == 0, "getsockname");
  socket near{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  must(near.is_open(), "socket");
  narrow(near, buffer_bytes);
  must(::connect(near.native_handle(), address, size) == 0, "connect");
  socket far{::accept4(listening.native_handle(), nullptr, nullptr, SOCK_CLOEXEC)};
  must(far.is_open(), "accept");
  set(near, IPPROTO_TCP, TCP_NODELAY, 1);
  set(far, IPPROTO_TCP, TCP_NODELAY, 1);
  return {std::move(near), std::move(far)};
}

std::pair<socket, socket> local_pair(int buffer_bytes) {
  int ends[2];
  must(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "socketpair");
  std::pair<socket, socket> pair{socket{ends[0]}, socket{ends[1]}};
  narrow(pair.first, buffer_bytes);
  narrow(pair.second, buffer_bytes);
  return pair;
}

void reset_on_close(socket& end) {
  linger const at_once{.l_onoff = 1, .l_linger = 0};
  must(::setsockopt(end.native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0, "SO_LINGER");
}

}  // namespace trivium::test
