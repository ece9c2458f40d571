// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A TLS server that is not trivium's: OpenSSL on its own socket BIO, in a thread, which passes on between a
// TLS end and a plain one. So every test that knows a plain descriptor as its peer works over TLS.
#pragma once

#include <thread>
#include <trivium/socket.hpp>

namespace trivium::test {

/// What one end does, the other is told: bytes, the end of sending (close_notify), a reset. It keeps one
/// record in each direction. Destroyed, it drops both ends as they are.
class tls_bridge {
 public:
  struct options {
    int newest_version = 0;   // TLS1_2_VERSION; 0: the newest
    unsigned tickets = 0;     // that the client is given
    unsigned key_update = 0;  // asks for new keys after so many records, again and again
  };

  tls_bridge(socket tls_end, socket plain_end, options how);
  tls_bridge(socket tls_end, socket plain_end) : tls_bridge{std::move(tls_end), std::move(plain_end), {}} {}
  ~tls_bridge();
  tls_bridge(tls_bridge const&) = delete;
  tls_bridge& operator=(tls_bridge const&) = delete;

 private:
  socket stop_;
  std::thread thread_;
};

}  // namespace trivium::test
