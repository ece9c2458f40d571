// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Boost.Asio's TLS stream, under the very context that the library's arms have.
#pragma once

#include <openssl/ssl.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <new>

#include "asio_outcome.hpp"
#include "tls.hpp"

namespace trivium::bench {

struct ssl_stream : boost::asio::ssl::stream<boost::asio::ip::tcp::socket> {
  ssl_stream(lane const& from, boost::asio::io_context& on)
      : stream(boost::asio::ip::tcp::socket(on, boost::asio::ip::tcp::v4(), from.socket), session_for(from)),
        part(from.opened == opened::here ? client : server) {}

  static SSL* session_for(lane const& from) {
    auto* const made =
        SSL_new(from.opened == opened::here ? tls_client().native_handle() : tls_server().native_handle());
    if (made == nullptr) throw std::bad_alloc{};
    return made;
  }

  static outcome came(boost::system::error_code error, std::size_t n) {
    // No arm says goodbye before it closes, as TLS would have it.
    if (error == boost::asio::ssl::error::stream_truncated) error = boost::asio::error::eof;
    return asio_outcome(error, n);
  }

  handshake_type const part;
};

}  // namespace trivium::bench
