// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The library's blocking way: the thread belongs to the operation until that has ended.
#include "blocking.hpp"

#include "arm.hpp"
#include "armed.hpp"

namespace trivium::bench {

namespace {

struct on_socket : socket {
  explicit on_socket(lane const& from) : socket(from.socket) {}
};

}  // namespace

std::span<arm const> blocking_arms() {
  static constexpr auto arms = std::array{
      arm{.name = "blocking",
          .sentence = "trivium::blocking: the thread sleeps in the kernel until the operation has ended",
          .is_way = true,
          .counterpart = "asio.write",
          .holds_thread = true,
          .make = [] { return std::unique_ptr<way>(std::make_unique<blocking_way<on_socket, unarmed>>()); }},
      arm{.name = "blocking.limits",
          .sentence = "the same with timeout, stall_timeout, min_rate and a stop token armed",
          .holds_thread = true,
          .make = [] { return std::unique_ptr<way>(std::make_unique<blocking_way<on_socket, armed>>()); }},
  };
  return arms;
}

}  // namespace trivium::bench
