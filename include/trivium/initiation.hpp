// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// How a transfer is begun in the async way, when its completion token says so: by one call, which mostly does
// a small one; a `transfer` is made only for what that leaves.
#pragma once

#include <stop_token>
#include <trivium/completion.hpp>
#include <trivium/one_call.hpp>
#include <trivium/operation.hpp>
#include <trivium/readiness.hpp>
#include <type_traits>
#include <utility>

namespace trivium::async {

/// The limits of an operation that is begun later than they are given, which only borrow their stop token.
class kept_limits {
 public:
  kept_limits(limits const& given) : limits_{given}, token_{given.stop.token()} {}

  bool none() const noexcept { return limits_.none(); }
  /// Valid as long as this is.
  limits get() const noexcept {
    auto kept = limits_;
    if (kept.stop.given()) kept.stop = token_;
    return kept;
  }

 private:
  limits limits_;
  std::stop_token token_;
};

struct no_limits {
  static constexpr bool none() noexcept { return true; }
  static constexpr limits get() noexcept { return {}; }
};

/// Begins a transfer between `connection` and memory, when the token says so.
struct transfer_initiation {
  template <class Handler, class Connection, class Memory, class Limits>
  void operator()(Handler handler, Connection* connection, Memory&& memory, Limits const& given) const {
    static_assert(!std::is_reference_v<Memory>,
                  "the token must give up the arguments that it kept: move them");
    using place = borrowed_place<Connection>;
    using begun = operation<transfer, place, Handler>;
    constexpr bool receives = std::is_same_v<Memory, memory_sink>;

    bool const limited = !bare_descriptor<Connection> || !given.none() || !unlimited(*connection);
    typename begun::beginning how;
    if constexpr (receives && requires { connection->expects_to_wait(); })
      how.with_wait = connection->expects_to_wait();
    if (!limited && !how.with_wait) {
      how.piece = for_one_call(memory.only_piece());
      how.how_much = memory.how_much();
      how.moving = receives ? transfer::direction::receive : transfer::direction::send;
    }
    auto const make = [&] {
      return limited ? transfer{*connection, std::move(memory), given.get()}
                     : transfer{channel_of(*connection), std::move(memory)};
    };
    begun::start(make, limited, place{*connection}, static_cast<int>(connection->native_handle()), handler,
                 how);
  }
};

}  // namespace trivium::async
