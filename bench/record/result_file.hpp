// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Where a result goes, and whence it comes.
#pragma once

#include <string>
#include <string_view>

#include "../steps/descriptor.hpp"
#include "result.hpp"

namespace trivium::bench {

/// A place, found before anything is measured. What is there already stays until the new result
/// is whole, and nothing is there before; folders made for a result that never came are removed again.
class result_file {
 public:
  /// Makes the folders on the way. Throws `std::invalid_argument` with words for the user.
  explicit result_file(std::string path);

  /// `result.json` in a folder that no other run has: this one, or with -2, -3 ... behind it. Throws as
  /// above.
  static result_file in_new_folder(std::string const& called);

  result_file(result_file const&) = delete;
  result_file& operator=(result_file const&) = delete;
  ~result_file();

  [[nodiscard]] std::string const& path() const { return path_; }

  /// Throws `std::system_error`.
  void write(result const& all);

 private:
  struct new_folder {
    std::string path;
  };
  explicit result_file(new_folder const& in);

  void make_folder();
  void find();
  [[nodiscard]] descriptor open_beside() const;
  [[nodiscard]] bool replace(std::string_view text) const;
  void overwrite(std::string_view text);

  std::string path_;
  std::string beside_;  ///< where the result is written before it is moved to `path_`
  descriptor there_;    ///< what was at `path_` before
  bool made_folder_ = false;
};

/// The result in the file of this name. Throws `std::invalid_argument` with words for the user.
result read_result(std::string const& path);

}  // namespace trivium::bench
