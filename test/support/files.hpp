// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Files as a test writes them and reads them again, with nothing of the library.
#pragma once

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

namespace trivium::test {

inline void write_file(std::string const& path, std::span<std::byte const> bytes) {
  std::ofstream file{path, std::ios::binary | std::ios::trunc};
  file.exceptions(std::ios::failbit | std::ios::badbit);
  file.write(reinterpret_cast<char const*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  file.close();
}

inline std::vector<std::byte> read_file(std::string const& path) {
  std::ifstream file{path, std::ios::binary};
  std::vector<std::byte> result;
  std::transform(std::istreambuf_iterator<char>{file}, {}, std::back_inserter(result),
                 [](char each) { return static_cast<std::byte>(each); });
  return result;
}

}  // namespace trivium::test
