// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The member is one attempt, and would be dropped: the verb is the handshake.

#include <boost/asio/io_context.hpp>
#include <trivium/stream.hpp>
#include <trivium/tls/stream.hpp>
#include <utility>

void shakes(trivium::tls_stream& peer) {
#ifdef MENDED
  (void)trivium::blocking::handshake(peer);
#else
  peer.handshake();
#endif
}
