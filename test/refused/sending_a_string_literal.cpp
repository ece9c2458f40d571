// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Its terminating zero would be sent too.

#include <string_view>
#include <trivium/blocking.hpp>

void sends(trivium::socket& peer) {
#ifdef MENDED
  (void)trivium::blocking::send_all(peer, std::string_view{"hello"});
#else
  (void)trivium::blocking::send_all(peer, "hello");
#endif
}
