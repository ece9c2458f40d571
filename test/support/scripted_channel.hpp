// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A channel that answers as a test says, attempt by attempt, and asks no kernel.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <trivium/channel.hpp>
#include <utility>
#include <vector>

namespace trivium::test {

class scripted_channel : public channel {
 public:
  /// Given the number of the attempt, from 0, and how many bytes it offers.
  using decide = std::function<attempt(std::size_t number, std::size_t asked)>;
  explicit scripted_channel(decide script) : script_{std::move(script)} {}

  attempt send(std::span<iovec const> pieces, may_block allowed) noexcept override {
    return answer(pieces, allowed);
  }
  attempt receive(std::span<iovec> pieces, may_block allowed) noexcept override {
    return answer(pieces, allowed);
  }
  std::size_t queued() noexcept override { return in_queue; }

  std::vector<std::size_t> asked;  ///< by each attempt
  may_block last = may_block::no;  ///< what the last was allowed
  std::size_t in_queue = 0;

 private:
  attempt answer(std::span<iovec const> pieces, may_block allowed) {
    last = allowed;
    std::size_t bytes = 0;
    for (auto const& piece : pieces) bytes += piece.iov_len;
    asked.push_back(bytes);
    return script_(asked.size() - 1, bytes);
  }

  decide script_;
};

inline attempt moves(std::size_t bytes) {
  return {.what = attempt::outcome::moved, .bytes = bytes};
}
inline attempt would_block(std::size_t bytes = 0) {
  return {.what = attempt::outcome::would_block, .bytes = bytes, .waits_for = {7, readiness::writable}};
}

/// All that is asked, always.
inline scripted_channel ever_ready() {
  return scripted_channel{[](std::size_t, std::size_t asked) { return moves(asked); }};
}

/// Nothing, ever.
inline scripted_channel never_ready() {
  return scripted_channel{[](std::size_t, std::size_t) { return would_block(); }};
}

}  // namespace trivium::test
