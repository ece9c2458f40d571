// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Boost.Asio's synchronous operations, as its documentation shows them.
#include "asio_write.hpp"

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <trivium/stream.hpp>

#include "arm.hpp"

namespace trivium::bench {

namespace {

namespace asio = boost::asio;

struct on_socket : asio::ip::tcp::socket {
  on_socket(lane const& from, asio::io_context& on)
      : asio::ip::tcp::socket{on, asio::ip::tcp::v4(), from.socket} {}
  static constexpr auto came = asio_outcome;
};
struct on_stream : trivium::stream {
  on_stream(lane const& from, asio::io_context& on)
      : trivium::stream{trivium::socket{from.socket}, on.get_executor()} {}
  static constexpr auto came = asio_outcome;
};

}  // namespace

std::span<arm const> asio_write_arms() {
  static constexpr auto arms = std::array{
      arm{.name = "asio.write",
          .sentence = "boost::asio::write and read: Boost.Asio's own blocking loop, 64 KiB a call",
          .holds_thread = true,
          .for_a_mib = {.sends = 16},
          .make =
              [] { return std::unique_ptr<way>(std::make_unique<asio_write<on_socket, transfer_all>>()); }},
      arm{.name = "asio.write.stream",
          .sentence = "the same over a trivium::stream, which has a timeout and a stop to offer",
          .holds_thread = true,
          .for_a_mib = {.sends = 16},
          .make =
              [] { return std::unique_ptr<way>(std::make_unique<asio_write<on_stream, transfer_all>>()); }},
      arm{.name = "asio.write.uncapped",
          .sentence = "the same with a completion condition that lifts the 64 KiB",
          .holds_thread = true,
          .make = [] { return std::unique_ptr<way>(std::make_unique<asio_write<on_socket, uncapped>>()); }},
  };
  return arms;
}

}  // namespace trivium::bench
