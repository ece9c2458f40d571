// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What one operation on a connection came to, before the clock is read and it becomes an event.
#pragma once

#include <boost/system/error_code.hpp>
#include <cerrno>
#include <cstddef>

namespace trivium::bench {

struct outcome {
  std::size_t bytes = 0;
  bool end_of_stream = false;
  boost::system::error_code error = {};
};

inline boost::system::error_code last_errno() {
  return {errno, boost::system::system_category()};
}

}  // namespace trivium::bench
