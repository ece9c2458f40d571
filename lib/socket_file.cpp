// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <limits.h>
#include <sys/un.h>

#include <cstddef>
#include <new>
#include <trivium/detail/socket_file.hpp>
#include <utility>

#include "system.hpp"

namespace trivium::detail {
namespace {

// The path is terminated: the endpoint's memory continues with zeros after the longest one.
char const* path(endpoint const& at) noexcept {
  return reinterpret_cast<char const*>(at.data()) + offsetof(sockaddr_un, sun_path);
}

// The absolute path, which stays valid when the program changes its folder. The path as it is where getcwd
// fails.
std::string whole(char const* path) {
  char folder[PATH_MAX];
  if (*path == '/' || system().getcwd(folder, sizeof folder) == nullptr) return path;
  return std::string{folder} + '/' + path;
}

}  // namespace

socket_file::socket_file(endpoint const& at) {
  if (at.family() != AF_UNIX || *path(at) == '\0') return;
  struct stat made {};
  if (system().lstat(path(at), &made) != 0) return;
  try {
    path_ = whole(path(at));
  } catch (std::bad_alloc const&) {
    system().unlink(path(at));
    throw;
  }
  device_ = made.st_dev;
  number_ = made.st_ino;
  maker_ = system().getpid();
}

socket_file::socket_file(socket_file&& from) noexcept
    : path_{std::exchange(from.path_, {})},
      device_{from.device_},
      number_{from.number_},
      maker_{from.maker_} {}

socket_file& socket_file::operator=(socket_file&& from) noexcept {
  if (this != &from) {
    remove();
    path_ = std::exchange(from.path_, {});
    device_ = from.device_;
    number_ = from.number_;
    maker_ = from.maker_;
  }
  return *this;
}

bool socket_file::is_ours() const noexcept {
  return maker_ == system().getpid() || (system().kill(maker_, 0) != 0 && errno == ESRCH);
}

void socket_file::remove() noexcept {
  if (!is_there()) return;
  struct stat now {};
  bool const same =
      system().lstat(path_.c_str(), &now) == 0 && now.st_dev == device_ && now.st_ino == number_;
  if (same && is_ours()) system().unlink(path_.c_str());
  forget();
}

}  // namespace trivium::detail
