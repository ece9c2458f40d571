// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Attempts that never sleep, and a wait between them: the hand-written loops for a socket that must not
// block. A `Wait` is called with the direction after an attempt that came short, which means that the buffer
// was full or empty.
#pragma once

#include <sys/socket.h>

#include "../steps/descriptor.hpp"
#include "in_turn.hpp"
#include "raw.hpp"

namespace trivium::bench {

enum class direction { readable, writable };

template <class Wait>
class attempts {
 public:
  attempts(int socket, other_work& others) : socket_(socket), wait_(socket, others) {}

  outcome send(std::span<std::byte const> bytes) {
    outcome so_far;
    while (so_far.bytes < bytes.size()) {
      auto const left = raw::capped(bytes.subspan(so_far.bytes));
      auto const n = ::send(socket_.get(), left.data(), left.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (!would_block(n) && !raw::moved(n, so_far)) break;
      if (n < static_cast<ssize_t>(left.size()) && !waited(direction::writable, so_far)) break;
    }
    return so_far;
  }

  outcome receive(std::span<std::byte> bytes) { return receive_at_least(bytes.size(), bytes); }
  outcome receive_some(std::span<std::byte> bytes) { return receive_at_least(1, bytes); }

 private:
  static bool would_block(ssize_t n) { return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK); }

  outcome receive_at_least(std::size_t enough, std::span<std::byte> bytes) {
    outcome so_far;
    for (;;) {
      auto const left = raw::capped(bytes.subspan(so_far.bytes));
      auto const n = ::recv(socket_.get(), left.data(), left.size(), MSG_DONTWAIT);
      if (!would_block(n) && !raw::received(n, so_far)) break;
      if (so_far.bytes >= enough) break;
      if (n < static_cast<ssize_t>(left.size()) && !waited(direction::readable, so_far)) break;
    }
    return so_far;
  }

  bool waited(direction till, outcome& so_far) {
    so_far.error = wait_(till);
    return !so_far.error;
  }

  descriptor socket_;
  Wait wait_;
};

template <class Wait>
class attempting final : public way {
 public:
  void run(std::span<lane const> lanes, tally& kept) override {
    auto const& connection = only_connection(lanes);
    other_work others(lanes, kept);
    attempts<Wait> does(connection.socket, others);
    in_turn(*connection.what, others, does);
  }
};

}  // namespace trivium::bench
