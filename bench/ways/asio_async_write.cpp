// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Boost.Asio's asynchronous operations with handlers, as its documentation shows them.
#include "asio_async_write.hpp"

#include <array>
#include <boost/asio/ip/tcp.hpp>

#include "arm.hpp"

namespace trivium::bench {

namespace {

namespace asio = boost::asio;

struct on_socket : asio::ip::tcp::socket {
  on_socket(lane const& from, asio::io_context& on)
      : asio::ip::tcp::socket{on, asio::ip::tcp::v4(), from.socket} {}
  static constexpr auto came = asio_outcome;
};

template <class Condition>
using connection = asio_connection<on_socket, Condition>;

}  // namespace

std::span<arm const> asio_async_write_arms() {
  static constexpr auto arms = std::array{
      arm{.name = "asio.async_write",
          .sentence = "boost::asio::async_write and async_read with handlers, 64 KiB a call",
          .for_a_mib = {.sends = 16, .loop_waits = 16},
          .make = [] { return std::unique_ptr<way>(std::make_unique<on_loop<connection<transfer_all>>>()); }},
      arm{.name = "asio.async_write.uncapped",
          .sentence = "the same with a completion condition that lifts the 64 KiB",
          .make = [] { return std::unique_ptr<way>(std::make_unique<on_loop<connection<uncapped>>>()); }},
  };
  return arms;
}

}  // namespace trivium::bench
