// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A source and a sink as a program writes them: bytes that are made as they are sent, and checked as they
// come.
#pragma once

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <concepts>
#include <span>
#include <system_error>
#include <trivium/payload.hpp>
#include <utility>

#include "peer.hpp"

namespace trivium::test {

/// Gives so many bytes of the pattern, a few at a time.
class made_as_sent {
 public:
  explicit made_as_sent(std::size_t bytes, std::size_t from = 0) : left_{bytes}, at_{from} {}

  attempt send_to(channel& to, std::size_t most, may_block allowed) noexcept {
    auto next = pattern(std::min({left_, most, std::size_t{5000}}), at_);
    iovec const piece{next.data(), next.size()};
    auto answer = to.send({&piece, 1}, allowed);
    at_ += answer.bytes;
    left_ -= answer.bytes;
    return answer;
  }
  bool done() const noexcept { return left_ == 0; }

 private:
  std::size_t left_, at_;
};

/// Takes so many bytes, and counts those that are not of the pattern.
class checked_as_received {
 public:
  checked_as_received(std::size_t bytes, std::size_t& wrong) : left_{bytes}, wrong_{&wrong} {}

  attempt receive_from(channel& from, std::size_t most, may_block allowed) noexcept {
    std::array<std::byte, 5000> room;
    iovec piece{room.data(), std::min({left_, most, room.size()})};
    auto answer = from.receive({&piece, 1}, allowed);
    auto const right = pattern(answer.bytes, at_);
    for (std::size_t i = 0; i != answer.bytes; ++i) *wrong_ += room[i] != right[i];
    at_ += answer.bytes;
    left_ -= answer.bytes;
    return answer;
  }
  bool done() const noexcept { return left_ == 0; }

 private:
  std::size_t left_, at_ = 0;
  std::size_t* wrong_;
};

/// A pipe that never makes its user sleep.
class pipe_ends {
 public:
  pipe_ends() {
    if (::pipe2(ends_.data(), O_CLOEXEC | O_NONBLOCK) != 0)
      throw std::system_error{errno, std::system_category()};
  }
  ~pipe_ends() {
    ::close(ends_[0]);
    close_writing();
  }
  pipe_ends(pipe_ends const&) = delete;
  pipe_ends& operator=(pipe_ends const&) = delete;

  int reading() const { return ends_[0]; }
  int writing() const { return ends_[1]; }
  void close_writing() {
    if (ends_[1] >= 0) ::close(std::exchange(ends_[1], -1));
  }

 private:
  std::array<int, 2> ends_{};
};

/// Gives what comes through a pipe, until its end.
class given_by_pipe {
 public:
  explicit given_by_pipe(int reading) : pipe_{reading} {}

  attempt send_to(channel& to, std::size_t most, may_block allowed) noexcept {
    if (held_ == 0) {
      auto const n = ::read(pipe_, memory_.data(), memory_.size());
      if (n < 0)
        return {.what = attempt::outcome::would_block, .waits_for = {pipe_, readiness::readable}, .calls = 0};
      if (n == 0) {
        done_ = true;
        return {.what = attempt::outcome::moved, .calls = 0};
      }
      held_ = static_cast<std::size_t>(n);
    }
    iovec const piece{memory_.data(), std::min(held_, most)};
    auto const answer = to.send({&piece, 1}, allowed);
    std::copy(memory_.begin() + static_cast<std::ptrdiff_t>(answer.bytes),
              memory_.begin() + static_cast<std::ptrdiff_t>(held_), memory_.begin());
    held_ -= answer.bytes;
    return answer;
  }
  bool done() const noexcept { return done_; }

 private:
  int pipe_;
  std::array<std::byte, 5000> memory_;
  std::size_t held_ = 0;
  bool done_ = false;
};

/// Takes so many bytes, each only while a pipe has room for it.
class taken_by_pipe {
 public:
  taken_by_pipe(int writing, std::size_t bytes) : pipe_{writing}, left_{bytes} {}

  attempt receive_from(channel& from, std::size_t most, may_block allowed) noexcept {
    pollfd room{.fd = pipe_, .events = POLLOUT, .revents = 0};
    if (::poll(&room, 1, 0) == 0)
      return {.what = attempt::outcome::would_block, .waits_for = {pipe_, readiness::writable}, .calls = 0};
    std::array<std::byte, PIPE_BUF> memory;  // which a pipe that is writable takes whole
    iovec piece{memory.data(), std::min({left_, most, memory.size()})};
    auto const answer = from.receive({&piece, 1}, allowed);
    left_ -= answer.bytes;
    if (::write(pipe_, memory.data(), answer.bytes) != static_cast<ssize_t>(answer.bytes))
      return {.what = attempt::outcome::failed, .error = errc::would_block, .calls = 1};
    return answer;
  }
  bool done() const noexcept { return left_ == 0; }

 private:
  int pipe_;
  std::size_t left_;
};

/// Any source or sink, by reference: so a text that is compiled once sends whatever it likes.
class any_source {
 public:
  template <class Source>
  requires(!std::same_as<Source, any_source>) explicit any_source(Source& of)
      : of_{&of},
        send_{[](void* from, channel& to, std::size_t most, may_block allowed) {
          return static_cast<Source*>(from)->send_to(to, most, allowed);
        }},
        done_{[](void* asked) { return static_cast<Source*>(asked)->done(); }} {}

  attempt send_to(channel& to, std::size_t most, may_block allowed) noexcept {
    return send_(of_, to, most, allowed);
  }
  bool done() const noexcept { return done_(of_); }

 private:
  void* of_;
  attempt (*send_)(void*, channel&, std::size_t, may_block);
  bool (*done_)(void*);
};

class any_sink {
 public:
  template <class Sink>
  requires(!std::same_as<Sink, any_sink>) explicit any_sink(Sink& of)
      : of_{&of},
        receive_{[](void* into, channel& from, std::size_t most, may_block allowed) {
          return static_cast<Sink*>(into)->receive_from(from, most, allowed);
        }},
        done_{[](void* asked) { return static_cast<Sink*>(asked)->done(); }} {}

  attempt receive_from(channel& from, std::size_t most, may_block allowed) noexcept {
    return receive_(of_, from, most, allowed);
  }
  bool done() const noexcept { return done_(of_); }

 private:
  void* of_;
  attempt (*receive_)(void*, channel&, std::size_t, may_block);
  bool (*done_)(void*);
};

}  // namespace trivium::test
