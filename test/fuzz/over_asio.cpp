// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "near_end.hpp"

namespace trivium::fuzz {
namespace {

template <class Transport>
void run(plan const& how, record& to) {
  auto ends = Transport::pair(how.buffer_bytes);
  run_over(how, to, std::move(ends.second),
           [&](boost::asio::io_context& io) { return Transport::join(io, std::move(ends.first)); });
}

}  // namespace

void run_over_asio(plan const& how, record& to) {
  if (how.over == transport::asio_tcp) return run<test::asio_tcp>(how, to);
  run<test::asio_local>(how, to);
}

}  // namespace trivium::fuzz
