// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The token would be gone before the operation asks it.

#include <stop_token>
#include <string>
#include <trivium/blocking.hpp>

void sends(trivium::socket& peer, std::string const& text, std::stop_source& source) {
#ifdef MENDED
  auto const token = source.get_token();
  (void)trivium::blocking::send_all(peer, text, {.stop = token});
#else
  (void)trivium::blocking::send_all(peer, text, {.stop = source.get_token()});
#endif
}
