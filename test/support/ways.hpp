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
  static constexpr bool joins_reactor = false;

  static transfer_result complete(auto& connection, auto operation) {
    static_cast<void>(connection);
    return blocking::complete(operation);
  }
};

struct nonblocking_way {
  static constexpr char const* name = "nonblocking";
  static constexpr bool joins_reactor = false;

  static transfer_result complete(auto& connection, auto operation) {
    static_cast<void>(connection);
    return nonblocking::complete(operation, retry::poll);
  }
};

struct async_way {
  static constexpr char const* name = "async";
  static constexpr bool joins_reactor = true;

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
    return Way::complete(to, transfer{to, sending_some(from), ends_it});
  }
  static transfer_result send_all(auto& to, auto const& from, limits const& ends_it = {}) {
    return Way::complete(to, transfer{to, sending(from), ends_it});
  }
  static transfer_result receive_some(auto& from, auto& into, limits const& ends_it = {}) {
    return Way::complete(from, transfer{from, receiving_some(into), ends_it});
  }
  static transfer_result receive_all(auto& from, auto& into, limits const& ends_it = {}) {
    return Way::complete(from, transfer{from, receiving(into), ends_it});
  }
  static transfer_result finish(auto& with, limits const& ends_it = {}) {
    return Way::complete(with, finishing{with, ends_it});
  }
};

}  // namespace trivium::test
