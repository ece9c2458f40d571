// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Certificates and keys, made when a test needs them: none is kept in the tree, and none expires there.
#pragma once

#include <string>

namespace trivium::test {

/// PEM files of a folder that is removed when the program ends.
struct identity {
  std::string certificate_file, key_file;
};

struct certificates {
  /// Made at the first call, in this process.
  static certificates const& here();

  std::string ca_file;            ///< whom the tests trust; it has issued the next four
  identity good;                  ///< for localhost, 127.0.0.1 and ::1
  identity other_name;            ///< for elsewhere.example
  identity expired;               ///< for localhost, until yesterday
  identity not_yet;               ///< for localhost, from tomorrow
  identity self_signed;           ///< for localhost, by itself
  identity of_a_stranger;         ///< for localhost, by an issuer that nobody trusts
  std::string stranger_file;      ///< that issuer
  identity below_intermediate;    ///< for localhost, by an issuer that whom the tests trust has issued
  std::string intermediate_file;  ///< that issuer
  std::string folder;
};

}  // namespace trivium::test
