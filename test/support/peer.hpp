// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The far end of a test's connection: a thread that reads or writes with plain system calls, and tells what
// it saw. It ends by itself when the near end is closed; declare it after the loopback's owner is no longer
// needed, or end it with `rest()`.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <trivium/socket.hpp>
#include <vector>

namespace trivium::test {

/// Bytes that tell where they belong: a wrong, lost or doubled byte shows.
inline std::vector<std::byte> pattern(std::size_t bytes, std::size_t from = 0) {
  std::vector<std::byte> result(bytes);
  for (std::size_t i = 0; i != bytes; ++i) {
    auto const at = from + i;
    result[i] = static_cast<std::byte>((at ^ (at >> 8) ^ (at >> 16)) * 167 + 13);
  }
  return result;
}

/// Reads all until the end, in a thread of its own.
class reading_peer {
 public:
  explicit reading_peer(socket& end) : thread_{[this, fd = end.native_handle()] { read(fd); }} {}
  ~reading_peer() {
    if (thread_.joinable()) thread_.join();
  }

  /// Requires: the near end was shut or closed. What was read; why reading ended is in `error` (0: the end).
  std::vector<std::byte> const& seen() {
    if (thread_.joinable()) thread_.join();
    return seen_;
  }
  int error = 0;

 private:
  void read(int fd) {
    std::vector<std::byte> part(std::size_t{1} << 18);
    for (;;) {
      auto const n = ::recv(fd, part.data(), part.size(), 0);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) error = errno;
      if (n <= 0) return;
      seen_.insert(seen_.end(), part.begin(), part.begin() + n);
    }
  }

  std::vector<std::byte> seen_;
  std::thread thread_;
};

/// Sends all of `what`, then shuts its end if asked, in a thread of its own.
class writing_peer {
 public:
  enum class then { stay, finish };
  writing_peer(socket& end, std::vector<std::byte> what, then after = then::stay)
      : thread_{[fd = end.native_handle(), what = std::move(what), after] {
          for (std::size_t done = 0; done != what.size();) {
            auto const n = ::send(fd, what.data() + done, what.size() - done, MSG_NOSIGNAL);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return;
            done += static_cast<std::size_t>(n);
          }
          if (after == then::finish) ::shutdown(fd, SHUT_WR);
        }} {}
  ~writing_peer() { thread_.join(); }

 private:
  std::thread thread_;
};

}  // namespace trivium::test
