// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Its end, whatever that is, would be sent too.

#include <string_view>
#include <trivium/nonblocking.hpp>

void sends(trivium::socket& peer) {
  char text[] = "hello";
#ifdef MENDED
  (void)trivium::nonblocking::send_some(peer, std::string_view{text});
#else
  (void)trivium::nonblocking::send_some(peer, text);
#endif
}
