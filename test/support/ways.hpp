// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The three ways as types, so that one text of a test runs for each. A way turns one verb to its end in the
// calling thread, whatever it has to run for that.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <trivium/trivium.hpp>
#include <type_traits>
#include <utility>

namespace trivium::test {

/// Of memory that is one piece or none: what a verb takes. Several pieces go into a transfer of their own.
inline bool is_for_verbs(auto const& memory) {
  return memory.left() == 0 || memory.only_piece().iov_len != 0;
}
inline boost::asio::const_buffer buffer_of(memory_source const& memory) {
  return {memory.only_piece().iov_base, memory.only_piece().iov_len};
}
inline boost::asio::mutable_buffer buffer_of(memory_sink const& memory) {
  return {memory.only_piece().iov_base, memory.only_piece().iov_len};
}

struct blocking_way {
  static constexpr char const* name = "blocking";

  static limits armed(limits with) { return with; }

  static transfer_result complete(auto& connection, auto operation) {
    static_cast<void>(connection);
    return blocking::complete(operation);
  }

  static transfer_result move(auto& connection, auto memory, limits const& within) {
    if (!is_for_verbs(memory)) return complete(connection, transfer{connection, std::move(memory), within});
    if constexpr (std::is_same_v<decltype(memory), memory_source>)
      return blocking::send(connection, buffer_of(memory), memory.how_much(), within);
    else
      return blocking::receive(connection, buffer_of(memory), memory.how_much(), within);
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

  static transfer_result move(auto& connection, auto memory, limits const& within) {
    if (memory.how_much() == amount::some && within.none() && is_for_verbs(memory)) {
      transfer_result came;
      if constexpr (std::is_same_v<decltype(memory), memory_source>)
        came = nonblocking::send_some(connection, buffer_of(memory));
      else
        came = nonblocking::receive_some(connection, buffer_of(memory));
      if (came.error != errc::would_block) return came;
    }
    return complete(connection, transfer{connection, std::move(memory), within});
  }
};

struct async_way {
  static constexpr char const* name = "async";

  static limits armed(limits with) { return with; }

  static transfer_result complete(auto& connection, auto operation) {
    return told(connection,
                [&](auto handler) { async::complete(connection, std::move(operation), handler); });
  }

  static transfer_result move(auto& connection, auto memory, limits const& within) {
    return told(connection, [&](auto handler) {
      if (within.none())
        async::complete(connection, std::move(memory), async::no_limits{}, handler);
      else
        async::complete(connection, std::move(memory), async::kept_limits{within}, handler);
    });
  }

 private:
  static transfer_result told(auto& connection, auto begin) {
    auto& io = *async::loop_of(connection.get_executor());
    std::optional<transfer_result> came;
    begin([&](transfer_result result) { came = result; });
    io.restart();
    while (!came && io.run_one() != 0) {
    }
    return came.value();
  }
};

/// A way's verbs, over whatever connection.
template <class Way>
struct verbs {
  static transfer_result send_some(auto& to, auto const& from, limits const& within = {}) {
    return Way::move(to, sending_some(from), Way::armed(within));
  }
  static transfer_result send_all(auto& to, auto const& from, limits const& within = {}) {
    return Way::move(to, sending(from), Way::armed(within));
  }
  static transfer_result receive_some(auto& from, auto& into, limits const& within = {}) {
    return Way::move(from, receiving_some(into), Way::armed(within));
  }
  static transfer_result receive_all(auto& from, auto& into, limits const& within = {}) {
    return Way::move(from, receiving(into), Way::armed(within));
  }
  static transfer_result finish(auto& with, limits const& within = {}) {
    return Way::complete(with, finishing{with, Way::armed(within)});
  }
};

}  // namespace trivium::test
