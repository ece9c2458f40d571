// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What runs short while a test calls something: memory, or descriptors. Needs counts.cpp, whose allocations
// fail.
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <counts.hpp>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <system.hpp>
#include <trivium/socket.hpp>
#include <vector>

namespace trivium::test {

/// Refuses something to what is called by `of`, and to nothing else of an attempt.
class shortage {
 public:
  virtual ~shortage() = default;

  template <class Call>
  void of(Call call) {
    begin();
    try {
      call();
    } catch (std::bad_alloc const&) {
      threw = true;
    }
    end();
  }

  bool happened = false;
  bool threw = false;

 private:
  virtual void begin() = 0;
  virtual void end() = 0;
};

class no_memory final : public shortage {
 public:
  no_memory(std::uint64_t after, failing_allocation::how_many how_many)
      : after_{after}, how_many_{how_many} {}

 private:
  void begin() override { fails_.emplace(after_, how_many_); }
  void end() override {
    happened |= fails_->happened();
    fails_.reset();
  }

  std::uint64_t after_;
  failing_allocation::how_many how_many_;
  std::optional<failing_allocation> fails_;
};

/// The library's call after `after` others that would make a descriptor is told that there is none.
class no_descriptor final : public shortage {
 public:
  explicit no_descriptor(std::uint64_t after) : after_{after} {
    table_.socket = [](int family, int type, int protocol) {
      return refused() ? -1 : kernel.socket(family, type, protocol);
    };
    table_.accept4 = [](int fd, sockaddr* from, socklen_t* size, int flags) {
      return refused() ? -1 : kernel.accept4(fd, from, size, flags);
    };
    table_.eventfd = [](unsigned first, int flags) { return refused() ? -1 : kernel.eventfd(first, flags); };
    table_.epoll_create1 = [](int flags) { return refused() ? -1 : kernel.epoll_create1(flags); };
  }

 private:
  static bool refused() {
    if (left != 0) return --left, false;
    if (!armed) return false;
    armed = false;
    seen = true;
    errno = EMFILE;
    return true;
  }
  void begin() override {
    left = after_;
    armed = true;
    seen = false;
    in_force_.emplace(table_);
  }
  void end() override {
    in_force_.reset();
    left = 0;
    armed = false;
    happened |= seen;
  }

  inline static thread_local std::uint64_t left = 0;  // the look-up's thread has descriptors enough
  inline static thread_local bool armed = false;
  inline static thread_local bool seen = false;
  std::uint64_t after_;
  system_table table_ = trivium::system();  // what answers names, if anything does
  std::optional<replaced_system> in_force_;
};

/// The process has so many descriptors left, and no more: for Asio and the C library too.
class few_descriptors final : public shortage {
 public:
  explicit few_descriptors(std::size_t left) : left_{left} { happened = left < 16; }

 private:
  void begin() override {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit const few{.rlim_cur = 64, .rlim_max = before_.rlim_max};
    taken_.reserve(64);
    ::setrlimit(RLIMIT_NOFILE, &few);
    for (int next = ::dup(0); next >= 0; next = ::dup(0)) taken_.emplace_back(next);
    for (std::size_t i = 0; i != left_ && !taken_.empty(); ++i) taken_.pop_back();
  }
  void end() override {
    std::vector<trivium::socket>{}.swap(taken_);  // its memory too
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }

  std::size_t left_;
  rlimit before_{};
  std::vector<trivium::socket> taken_;
};

}  // namespace trivium::test
