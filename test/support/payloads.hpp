// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A source and a sink as a program writes them: bytes that are made as they are sent, and checked as they
// come.
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <trivium/payload.hpp>

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

}  // namespace trivium::test
