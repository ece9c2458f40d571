// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The three ways as types, so that one text of a test runs for each: their verbs, as a program calls them. A
// way brings one to its end in the calling thread, whatever it has to run for that.
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
  static transfer_result send_some(auto& to, auto const& from, limits const& within) {
    return blocking::send_some(to, from, within);
  }
  static transfer_result send_all(auto& to, auto const& from, limits const& within) {
    return blocking::send_all(to, from, within);
  }
  static transfer_result send(auto& to, auto source, limits const& within) {
    return blocking::send(to, std::move(source), within);
  }
  static transfer_result receive_some(auto& from, auto& into, limits const& within) {
    return blocking::receive_some(from, into, within);
  }
  static transfer_result receive_all(auto& from, auto& into, limits const& within) {
    return blocking::receive_all(from, into, within);
  }
  static transfer_result receive(auto& from, auto sink, limits const& within) {
    return blocking::receive(from, std::move(sink), within);
  }
  static transfer_result send_file(auto& to, file_source from, limits const& within) {
    return blocking::send_file(to, std::move(from), within);
  }
  static transfer_result receive_file(auto& from, file_sink into, limits const& within) {
    return blocking::receive_file(from, std::move(into), within);
  }
  static transfer_result relay(auto& from, auto& to, limits const& within) {
    return blocking::relay(from, to, within);
  }
  static transfer_result finish(auto& with, limits const& within) { return blocking::finish(with, within); }
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
  // The verb makes one attempt; what would wait is a transfer.
  static transfer_result send_some(auto& to, auto const& from, limits const& within) {
    if (within.none())
      if (auto const sent = nonblocking::send_some(to, from); sent.error != errc::would_block) return sent;
    return complete(to, transfer{to, sending_some(from), within});
  }
  static transfer_result send_all(auto& to, auto const& from, limits const& within) {
    return nonblocking::send_all(to, from, retry::poll, within);
  }
  static transfer_result send(auto& to, auto source, limits const& within) {
    return nonblocking::send(to, std::move(source), retry::poll, within);
  }
  static transfer_result receive_some(auto& from, auto& into, limits const& within) {
    if (within.none())
      if (auto const came = nonblocking::receive_some(from, into); came.error != errc::would_block)
        return came;
    return complete(from, transfer{from, receiving_some(into), within});
  }
  static transfer_result receive_all(auto& from, auto& into, limits const& within) {
    return nonblocking::receive_all(from, into, retry::poll, within);
  }
  static transfer_result receive(auto& from, auto sink, limits const& within) {
    return nonblocking::receive(from, std::move(sink), retry::poll, within);
  }
  static transfer_result send_file(auto& to, file_source from, limits const& within) {
    return nonblocking::send_file(to, std::move(from), retry::poll, within);
  }
  static transfer_result receive_file(auto& from, file_sink into, limits const& within) {
    return nonblocking::receive_file(from, std::move(into), retry::poll, within);
  }
  static transfer_result relay(auto& from, auto& to, limits const& within) {
    return nonblocking::relay(from, to, retry::poll, within);
  }
  static transfer_result finish(auto& with, limits const& within) {
    return nonblocking::finish(with, retry::poll, within);
  }
};

struct async_way {
  static constexpr char const* name = "async";
  static constexpr auto sets = detail::use_of_sets::never;

  static limits armed(limits with) { return with; }

  static transfer_result complete(auto& connection, auto operation) {
    return run(connection, [&](auto handler) { async::complete(connection, std::move(operation), handler); });
  }
  static transfer_result send_some(auto& to, auto const& from, limits const& within) {
    return with_or_without(to, within,
                           [&](auto&&... limited) { async::send_some(to, from, std::move(limited)...); });
  }
  static transfer_result send_all(auto& to, auto const& from, limits const& within) {
    return with_or_without(to, within,
                           [&](auto&&... limited) { async::send_all(to, from, std::move(limited)...); });
  }
  static transfer_result send(auto& to, auto source, limits const& within) {
    return with_or_without(
        to, within, [&](auto&&... limited) { async::send(to, std::move(source), std::move(limited)...); });
  }
  static transfer_result receive_some(auto& from, auto& into, limits const& within) {
    return with_or_without(
        from, within, [&](auto&&... limited) { async::receive_some(from, into, std::move(limited)...); });
  }
  static transfer_result receive_all(auto& from, auto& into, limits const& within) {
    return with_or_without(from, within,
                           [&](auto&&... limited) { async::receive_all(from, into, std::move(limited)...); });
  }
  static transfer_result receive(auto& from, auto sink, limits const& within) {
    return with_or_without(from, within, [&](auto&&... limited) {
      async::receive(from, std::move(sink), std::move(limited)...);
    });
  }
  static transfer_result send_file(auto& to, file_source from, limits const& within) {
    return with_or_without(
        to, within, [&](auto&&... limited) { async::send_file(to, std::move(from), std::move(limited)...); });
  }
  static transfer_result receive_file(auto& from, file_sink into, limits const& within) {
    return with_or_without(from, within, [&](auto&&... limited) {
      async::receive_file(from, std::move(into), std::move(limited)...);
    });
  }
  static transfer_result relay(auto& from, auto& to, limits const& within) {
    return with_or_without(to, within,
                           [&](auto&&... limited) { async::relay(from, to, std::move(limited)...); });
  }
  static transfer_result finish(auto& with, limits const& within) {
    return with_or_without(with, within,
                           [&](auto&&... limited) { async::finish(with, std::move(limited)...); });
  }

 private:
  // The verb has one form for limits and one for none.
  static transfer_result with_or_without(auto& connection, limits const& within, auto begin) {
    return run(connection, [&](auto handler) {
      if (within.none())
        begin(std::move(handler));
      else
        begin(limits{within}, std::move(handler));
    });
  }

  static transfer_result run(auto& connection, auto begin) {
    auto& io = *detail::loop_of(connection.get_executor());
    std::optional<transfer_result> came;
    begin([&](transfer_result result) { came = result; });
    io.restart();
    while (!came && io.run_one() != 0) {
    }
    return came.value();
  }
};

/// The async way as it waits for many connections: in the loop's interest set, and not in Asio's reactor.
struct async_in_set_way : async_way {
  static constexpr char const* name = "async_in_set";
  static constexpr auto sets = detail::use_of_sets::always;
};

/// A way's verbs, over whatever connection.
template <class Way>
struct verbs {
  static transfer_result send_some(auto& to, auto const& from, limits const& within = {}) {
    return Way::send_some(to, from, Way::armed(within));
  }
  static transfer_result send_all(auto& to, auto const& from, limits const& within = {}) {
    return Way::send_all(to, from, Way::armed(within));
  }
  static transfer_result receive_some(auto& from, auto& into, limits const& within = {}) {
    return Way::receive_some(from, into, Way::armed(within));
  }
  static transfer_result receive_all(auto& from, auto& into, limits const& within = {}) {
    return Way::receive_all(from, into, Way::armed(within));
  }
  static transfer_result finish(auto& with, limits const& within = {}) {
    return Way::finish(with, Way::armed(within));
  }
};

}  // namespace trivium::test
