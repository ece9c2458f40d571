// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Another `Connection` on a loop, which takes what has arrived instead of what a step asks for, as servers
// do: what is left over is there for the next step.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <type_traits>

#include "outcome.hpp"
#include "read_ahead.hpp"

namespace trivium::bench {

template <class Connection>
class reading_ahead : public Connection {
 public:
  using Connection::Connection;

  template <class Then>
  std::optional<outcome> receive(std::span<std::byte> bytes, Then then) {
    asked_ = bytes;
    taken_ = 0;
    return go_on(bytes.size(), then);
  }
  template <class Then>
  std::optional<outcome> receive_some(std::span<std::byte> bytes, Then then) {
    asked_ = bytes;
    taken_ = 0;
    return go_on(1, then);
  }

 private:
  // Nothing if it has to wait, and calls `then` later.
  template <class Then>
  std::optional<outcome> go_on(std::size_t enough, Then then) {
    taken_ += ahead_.take(asked_.subspan(taken_));
    if (taken_ >= enough || asked_.empty()) return outcome{.bytes = taken_};
    auto const left = asked_.subspan(taken_);
    bool const direct = left.size() >= ahead_.room().size();
    auto const came = [this, enough, direct, then](outcome const& some) {
      if (direct)
        taken_ += some.bytes;
      else
        ahead_.hold(some.bytes);
      auto const ended = some.error || some.end_of_stream;
      if (ended) return then(outcome{taken_, some.end_of_stream, some.error});
      if (auto const all = go_on(enough, then)) then(*all);
    };
    Connection::receive_some(direct ? left : ahead_.room(), came);
    return std::nullopt;
  }

  std::span<std::byte> asked_;
  std::size_t taken_ = 0;
  read_ahead ahead_;
};

}  // namespace trivium::bench
