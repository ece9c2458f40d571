// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Files as a test writes them and reads them again, with nothing of the library.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include "folder.hpp"
#include "peer.hpp"

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

/// A file of the pattern, in a folder of its own.
struct with_file {
  explicit with_file(std::size_t bytes = 200'000) : data{pattern(bytes)} { write_file(path, data); }

  folder in;
  std::string const path = in.path("file");
  std::vector<std::byte> data;

  auto part(std::size_t from, std::size_t length) const {
    return std::vector<std::byte>(data.begin() + static_cast<std::ptrdiff_t>(from),
                                  data.begin() + static_cast<std::ptrdiff_t>(from + length));
  }
};

/// An open descriptor of the test's own.
struct descriptor_of {
  descriptor_of(std::string const& path, int flags) : number{::open(path.c_str(), flags | O_CLOEXEC, 0666)} {
    if (number < 0) throw std::system_error{errno, std::system_category(), path};
  }
  ~descriptor_of() { ::close(number); }
  int const number;
};

}  // namespace trivium::test
