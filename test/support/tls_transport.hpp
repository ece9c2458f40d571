// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// TLS as one more transport of the tests: `near` is a trivium::tls_stream, `far` a plain descriptor behind a
// bridge that speaks TLS for it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <trivium/tls/stream.hpp>
#include <utility>

#include "certificates.hpp"
#include "tls_bridge.hpp"
#include "transports.hpp"

namespace trivium::test {

/// A tls_stream that keeps its peer.
class test_tls_stream : public tls_stream {
 public:
  test_tls_stream(boost::asio::io_context& io, tls_session of, std::unique_ptr<tls_bridge> peer)
      : tls_stream{std::move(of), io.get_executor()}, peer_{std::move(peer)} {}

 private:
  std::unique_ptr<tls_bridge> peer_;
};

/// A client that trusts the tests' own issuer.
tls_client_context const& trusting();

struct tls {
  static constexpr char const* name = "tls";
  using connection = test_tls_stream;

  struct end {
    socket near;
    std::unique_ptr<tls_bridge> peer;
  };
  static std::pair<end, socket> pair(int buffer_bytes) { return pair(buffer_bytes, {}); }
  static std::pair<end, socket> pair(int buffer_bytes, tls_bridge::options how);
  /// Has shaken hands.
  static connection join(boost::asio::io_context& io, end of);
};

}  // namespace trivium::test
