// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The data that the samples send.
#pragma once

#include <string>

inline std::string repeat(std::string const& text, std::size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (std::size_t i = 0; i != times; ++i) all += text;
  return all;
}

/// "Hello Python\n" * 10*1024*1024: 136,314,880 bytes, far more than the buffers of a connection hold.
inline std::string hello_python() {
  return repeat(repeat("Hello Python\n", 1024), 10 * 1024);
}
