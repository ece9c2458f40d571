// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What was received would be gone at once.

#include <string>
#include <trivium/blocking.hpp>

void receives(trivium::socket& peer) {
#ifdef MENDED
  std::string text(5, '?');
  trivium::transfer download{peer, trivium::receiving(text)};
#else
  trivium::transfer download{peer, trivium::receiving(std::string(5, '?'))};
#endif
  download.advance();
}
