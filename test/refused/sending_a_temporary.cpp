// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The string would be gone before it is sent.

#include <string>
#include <trivium/blocking.hpp>

void sends(trivium::socket& peer) {
#ifdef MENDED
  std::string const text(5, 'x');
  trivium::transfer upload{peer, trivium::sending(text)};
#else
  trivium::transfer upload{peer, trivium::sending(std::string(5, 'x'))};
#endif
  upload.advance();
}
