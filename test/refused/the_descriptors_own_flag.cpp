// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The flag of the descriptor plays no part: the mode does.

#include <boost/asio/io_context.hpp>
#include <trivium/stream.hpp>
#include <trivium/tls/stream.hpp>
#include <utility>

void sets(trivium::stream& peer) {
#ifdef MENDED
  peer.non_blocking(true);
#else
  peer.native_non_blocking(true);
#endif
}
