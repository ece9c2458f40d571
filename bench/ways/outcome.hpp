// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What one operation on a connection came to, and the event that it becomes.
#pragma once

#include <boost/system/error_code.hpp>
#include <cerrno>
#include <cstddef>

#include "../steps/event.hpp"

namespace trivium::bench {

struct outcome {
  std::size_t bytes = 0;
  bool end_of_stream = false;
  boost::system::error_code error = {};
};

inline boost::system::error_code last_errno() {
  return {errno, boost::system::system_category()};
}

/// Makes of `last`, which ended the step before, the event that ends `asked`. In place, as the next to look
/// reads single members: a copy would read several at once, and wait for those that were only just written.
inline void end_step(event& last, step const& asked, outcome const& came) {
  last.finished = asked.what;
  last.bytes = came.bytes;
  last.end_of_stream = came.end_of_stream;
  last.error = came.error;
  if (asked.timed || came.end_of_stream || came.error) last.now = clock::now();
}

}  // namespace trivium::bench
