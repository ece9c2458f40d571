// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "near_end.hpp"

namespace trivium::fuzz {

void run_over_stream(plan const& how, record& to) {
  auto ends =
      how.over == transport::tcp ? test::tcp_pair(how.buffer_bytes) : test::local_pair(how.buffer_bytes);
  run_over(how, to, std::move(ends.second), [&](boost::asio::io_context& io) {
    return stream{std::move(ends.first), io.get_executor()};
  });
}

}  // namespace trivium::fuzz
