// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The three ways to turn a connect to its end in the calling thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <trivium/trivium.hpp>
#include <utility>

namespace trivium::test {

using connects = result<socket> (*)(connecting);

inline result<socket> blocks(connecting operation) {
  blocking::complete(operation);
  return operation.take();
}
inline result<socket> retries(connecting operation) {
  nonblocking::complete(operation, retry::poll);
  return operation.take();
}
inline result<socket> called_back(connecting operation) {
  boost::asio::io_context io;
  result<socket> told{error_code{errc::would_block}};
  async::complete(io.get_executor(), std::move(operation), [&](error_code error, socket connected) {
    if (error)
      told = error;
    else
      told = std::move(connected);
  });
  io.run();
  return told;
}

inline constexpr connects all_ways[] = {blocks, retries, called_back};

}  // namespace trivium::test
