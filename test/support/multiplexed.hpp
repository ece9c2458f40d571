// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A multiplexer, and one connection on it.
#pragma once

#include <sys/socket.h>

#include <boost/test/unit_test.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <transports.hpp>
#include <trivium/multiplexer.hpp>
#include <utility>

namespace trivium::test {

struct two_ends {
  explicit two_ends(std::pair<socket, socket> ends = tcp_pair())
      : near{std::move(ends.first)}, far{std::move(ends.second)} {}

  void far_sends(std::string_view what) {
    BOOST_REQUIRE(::send(far.native_handle(), what.data(), what.size(), MSG_NOSIGNAL) ==
                  static_cast<ssize_t>(what.size()));
  }
  // Starts to receive all of `into`.
  void receive(limits const& within = {}) {
    loop.start(near, transfer{near, receiving(into), within}, [this](auto& ended) {
      BOOST_TEST(!told);
      told = ended.result();
    });
  }

  nonblocking::multiplexer loop;
  socket near, far;
  std::string into = "?????";
  std::optional<transfer_result> told;
};

}  // namespace trivium::test
