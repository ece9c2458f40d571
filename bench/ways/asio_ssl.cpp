// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Boost.Asio's synchronous operations over its TLS stream.
#include "asio_ssl.hpp"

#include <array>

#include "arm.hpp"
#include "asio_write.hpp"

namespace trivium::bench {

namespace {

struct shaken : ssl_stream {
  shaken(lane const& from, boost::asio::io_context& on) : ssl_stream(from, on) { handshake(part); }
};

}  // namespace

std::span<arm const> asio_ssl_arms() {
  static constexpr auto arms = std::array{
      arm{.name = "asio.ssl",
          .sentence = "boost::asio::write and read over a boost::asio::ssl::stream: TLS 1.3",
          .wire = wire::tls,
          .holds_thread = true,
          .make = tls_way<asio_write<shaken, transfer_all>>},
  };
  return arms;
}

}  // namespace trivium::bench
