// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Boost.Asio's asynchronous operations over its TLS stream.
#include <array>

#include "arm.hpp"
#include "asio_async_write.hpp"
#include "asio_ssl.hpp"

namespace trivium::bench {

namespace {

class connection : public asio_connection<ssl_stream, transfer_all> {
 public:
  using asio_connection::asio_connection;

  template <class Then>
  void handshake(Then then) {
    stream_.async_handshake(stream_.part,
                            [then](boost::system::error_code error) { then(asio_outcome(error, 0)); });
  }
};

}  // namespace

std::span<arm const> asio_ssl_async_arms() {
  static constexpr auto arms = std::array{
      arm{.name = "asio.ssl.async",
          .sentence = "boost::asio::async_write and async_read over a boost::asio::ssl::stream",
          .wire = wire::tls,
          .make = tls_way<on_loop<connection>>},
  };
  return arms;
}

}  // namespace trivium::bench
