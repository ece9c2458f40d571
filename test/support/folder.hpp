// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A folder of the test's own, gone with what is in it when the test ends.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace trivium::test {

class folder {
 public:
  folder() {
    auto name = (std::filesystem::temp_directory_path() / "trivium-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"cannot make " + name};
    name_ = name;
  }
  ~folder() {
    std::error_code ignored;
    std::filesystem::remove_all(name_, ignored);
  }
  folder(folder const&) = delete;
  folder& operator=(folder const&) = delete;

  std::string path(char const* file) const { return (name_ / file).string(); }
  bool has(char const* file) const {
    return std::filesystem::exists(std::filesystem::symlink_status(name_ / file));
  }

 private:
  std::filesystem::path name_;
};

}  // namespace trivium::test
