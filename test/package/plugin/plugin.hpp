// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What the program and its plugins share: nothing of trivium's.
#pragma once

#include <boost/system/error_code.hpp>
#include <vector>

struct plugin {
  /// Bytes through a connection of its own, blocking and async: whether they arrived.
  bool (*works)();
  /// Each of trivium's errors, and one of each of TLS's categories where it has TLS.
  std::vector<boost::system::error_code> (*errors)();
};
