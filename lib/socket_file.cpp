// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <sys/un.h>

#include <cstddef>
#include <trivium/socket_file.hpp>
#include <utility>

#include "system.hpp"

namespace trivium {
namespace {

// The endpoint's memory goes on in zeros after the longest path.
char const* path(endpoint const& at) noexcept {
  return reinterpret_cast<char const*>(at.data()) + offsetof(sockaddr_un, sun_path);
}

}  // namespace

socket_file::socket_file(endpoint const& at) noexcept {
  if (at.family() != AF_UNIX || *path(at) == '\0') return;
  struct stat made {};
  if (system().lstat(path(at), &made) != 0) return;
  at_ = at;
  device_ = made.st_dev;
  number_ = made.st_ino;
  maker_ = system().getpid();
}

socket_file::socket_file(socket_file&& from) noexcept
    : at_{std::exchange(from.at_, endpoint{})},
      device_{from.device_},
      number_{from.number_},
      maker_{from.maker_} {}

socket_file& socket_file::operator=(socket_file&& from) noexcept {
  if (this != &from) {
    remove();
    at_ = std::exchange(from.at_, endpoint{});
    device_ = from.device_;
    number_ = from.number_;
    maker_ = from.maker_;
  }
  return *this;
}

void socket_file::remove() noexcept {
  if (!is_there()) return;
  struct stat now {};
  bool const same = system().lstat(path(at_), &now) == 0 && now.st_dev == device_ && now.st_ino == number_;
  if (same && maker_ == system().getpid()) system().unlink(path(at_));
  forget();
}

}  // namespace trivium
