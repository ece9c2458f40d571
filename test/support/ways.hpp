// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The three ways as types, so that one text of a test runs for each. A way turns one verb to its end in the
// calling thread, whatever it has to run for that.
#pragma once

#include <boost/asio/io_context.hpp>
#include <optional>
#include <trivium/trivium.hpp>
#include <utility>

namespace trivium::test {

struct blocking_way {
  static constexpr char const* name = "blocking";

  static limits armed(limits with) { return with; }

  static transfer_result complete(auto& connection, auto operation) {
    static_cast<void>(connection);
    return blocking::complete(operation);
  }
};

/// The blocking way as it waits when a limit or a stop could end it: in ppoll, not in the kernel's own call.
struct limited_blocking_way : blocking_way {
  static constexpr char const* name = "limited_blocking";

  static limits armed(limits with) {
    static std::stop_source const never_asked;
    static std::stop_token const token = never_asked.get_token();
    if (!with.stop.token().stop_possible()) with.stop = token;
    return with;
  }
};

struct nonblocking_way {
  static constexpr char const* name = "nonblocking";

  static limits armed(limits with) { return with; }

  static transfer_result complete(auto& connection, auto operation) {
    static_cast<void>(connection);
    return nonblocking::complete(operation, retry::poll);
  }
};

struct async_way {
  static constexpr char const* name = "async";

  static limits armed(limits with) { return with; }

  static transfer_result complete(auto& connection, auto operation) {
    auto& io = static_cast<boost::asio::io_context&>(connection.get_executor().context());
    std::optional<transfer_result> told;
    async::complete(connection, std::move(operation), [&](transfer_result result) { told = result; });
    io.restart();
    while (!told && io.run_one() != 0) {
    }
    return told.value();
  }
};

/// A way's verbs, over whatever connection.
template <class Way>
struct verbs {
  static transfer_result send_some(auto& to, auto const& from, limits const& ends_it = {}) {
    return Way::complete(to, transfer{to, sending_some(from), Way::armed(ends_it)});
  }
  static transfer_result send_all(auto& to, auto const& from, limits const& ends_it = {}) {
    return Way::complete(to, transfer{to, sending(from), Way::armed(ends_it)});
  }
  static transfer_result receive_some(auto& from, auto& into, limits const& ends_it = {}) {
    return Way::complete(from, transfer{from, receiving_some(into), Way::armed(ends_it)});
  }
  static transfer_result receive_all(auto& from, auto& into, limits const& ends_it = {}) {
    return Way::complete(from, transfer{from, receiving(into), Way::armed(ends_it)});
  }
  static transfer_result finish(auto& with, limits const& ends_it = {}) {
    return Way::complete(with, finishing{with, Way::armed(ends_it)});
  }
};

}  // namespace trivium::test
