// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A trivium::stream on an event loop, and its peer, a plain descriptor.
#pragma once

#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>
#include <string>
#include <transports.hpp>
#include <utility>

namespace trivium::test {

inline std::string const hello = "hello";

struct into_far {
  explicit into_far(socket& far) : far_{far} {}
  void operator()(std::string const& text) const {
    BOOST_REQUIRE(::send(far_.native_handle(), text.data(), text.size(), 0) ==
                  static_cast<ssize_t>(text.size()));
  }
  socket& far_;
};

struct joined {
  explicit joined(int buffer_bytes = 0) : joined{tcp_pair(buffer_bytes)} {}
  explicit joined(std::pair<socket, socket> ends)
      : near{std::move(ends.first), io.get_executor()}, far{std::move(ends.second)} {}

  boost::asio::io_context io;
  stream near;
  socket far;

  /// Until nothing is under way.
  void run() {
    io.restart();
    io.run();
  }
  void far_sends(std::string const& text) { into_far{far}(text); }
};

/// For what is received.
struct with_room : joined {
  using joined::joined;
  std::string into = std::string(hello.size(), '?');
};

}  // namespace trivium::test
