// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Addresses of this machine that refuse, hang, or are what a name stands for; and the count of descriptors
// that tells whether a connect left any behind.
#pragma once

#include <dirent.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>

#include <cerrno>
#include <cstddef>
#include <string>
#include <system.hpp>
#include <trivium/socket.hpp>
#include <vector>

namespace trivium::test {

inline std::size_t open_descriptors() {
  std::size_t count = 0;
  auto* const folder = ::opendir("/proc/self/fd");
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count;
}

/// Whether no more than `count` are open, or will be in a moment: a look-up's thread closes what is its own
/// after it has told.
inline bool open_at_most(std::size_t count) {
  for (auto const until = kernel.now() + std::chrono::seconds{10}; kernel.now() < until;) {
    if (open_descriptors() <= count) return true;
    ::sched_yield();
  }
  return false;
}

/// A listener whose backlog is full: the next connect stays in SYN_SENT (TCP), or is refused a place (Unix).
struct full_backlog {
  explicit full_backlog(endpoint const& at)
      : listening{listen(at, 0).value()}, to{listening.local_endpoint().value()} {
    for (;;) {
      socket next{::socket(to.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
      int const code = ::connect(next.native_handle(), to.data(), to.size()) == 0 ? 0 : errno;
      if (code == EAGAIN) return;  // Unix
      pollfd watch{next.native_handle(), POLLOUT, 0};
      // Loopback answers a SYN at once or not at all; 200 ms are many times that.
      bool const connected = code == 0 || ::poll(&watch, 1, 200) == 1;
      waiting.push_back(std::move(next));
      if (!connected) return;
    }
  }
  socket listening;
  endpoint to;
  std::vector<socket> waiting;
};

inline endpoint loopback_address(char const* address = "127.0.0.1") {
  return endpoint::tcp(address, 0).value();
}

/// A port at which nobody listens: one that was just given back.
inline endpoint deserted(char const* address = "127.0.0.1") {
  return listen(loopback_address(address))->local_endpoint().value();
}

/// What getaddrinfo answers where a name stands for `addresses`, ports included. freeaddrinfo frees it.
inline int name_stands_for(std::vector<endpoint> const& addresses, addrinfo** found) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  *found = nullptr;
  for (auto** end = found; auto const& each : addresses) {
    auto text = each.to_string();
    text.erase(text.rfind(':'));
    if (text.front() == '[') text = text.substr(1, text.size() - 2);
    int const code = kernel.getaddrinfo(text.c_str(), std::to_string(each.port()).c_str(), &hints, end);
    if (code != 0) return code;
    end = &(*end)->ai_next;
  }
  return 0;
}

}  // namespace trivium::test
