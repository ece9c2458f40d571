// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Two TLS sessions of trivium's, one at each end of a connection, in one thread.
#pragma once

#include <boost/test/unit_test.hpp>
#include <string>
#include <trivium/nonblocking.hpp>
#include <trivium/tls/session.hpp>

#include "certificates.hpp"
#include "printing.hpp"
#include "tls_transport.hpp"
#include "transports.hpp"

namespace trivium::test {

inline tls_server_context server_of(identity const& who, tls_server_settings how = {}) {
  how.certificate_file = who.certificate_file;
  how.key_file = who.key_file;
  return tls_server_context::make(how).value();
}

struct tls_pair {
  explicit tls_pair(tls_client_context const& trust = trusting(), std::string_view host = "localhost",
                    tls_server_context const& who = server_of(certificates::here().good),
                    int buffer_bytes = 0)
      : tls_pair{tcp_pair(buffer_bytes), trust, host, who} {}

  tls_session client, server;
  transfer_result of_client, of_server;  // their handshakes

  /// Attempts of both in turn, until each has ended: what is under way is under way in this thread alone.
  void shake() {
    auto const still = [](transfer_result const& result) { return result.error == errc::would_block; };
    of_client.error = of_server.error = errc::would_block;
    auto const end = now() + std::chrono::minutes{1};
    while ((still(of_client) || still(of_server)) && now() < end) {
      if (still(of_client)) of_client = nonblocking::handshake(client);
      if (still(of_server)) of_server = nonblocking::handshake(server);
      if (of_client.error && !still(of_client)) client.close();  // or the server would wait for it
      if (of_server.error && !still(of_server)) server.close();
    }
  }

 private:
  tls_pair(std::pair<socket, socket> ends, tls_client_context const& trust, std::string_view host,
           tls_server_context const& who)
      : client{std::move(ends.first), trust, host}, server{std::move(ends.second), who} {}
};

/// Its ends have agreed.
struct shaken : tls_pair {
  explicit shaken(int buffer_bytes = 0)
      : tls_pair{trusting(), "localhost", server_of(certificates::here().good), buffer_bytes} {
    shake();
    BOOST_REQUIRE(no_error(of_client));
    BOOST_REQUIRE(no_error(of_server));
  }
};

inline constexpr limits a_minute{.timeout = std::chrono::minutes{1}};

inline bool says(transfer_result const& result, char const* word) {
  return result.error.message().find(word) != std::string::npos;
}

}  // namespace trivium::test
