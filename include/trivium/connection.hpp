// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What the verbs accept as a connection: a trivium::socket or stream, any Asio stream socket a program
// already owns (TCP, Unix, generic), or a channel.
#pragma once

#include <trivium/config.hpp>

#include <concepts>
#include <trivium/channel.hpp>
#include <type_traits>

namespace TRIVIUM_EXPORT trivium {

/// Has a connected stream descriptor. (The verbs borrow it: it stays at its address until they complete.)
template <class Connection>
concept has_descriptor = requires(Connection& between) {
  { between.native_handle() } -> std::convertible_to<int>;
};

/// One of Asio's sockets that has no stream of bytes: of datagrams, of packets.
template <class Connection>
concept socket_of_messages = requires {
  typename Connection::protocol_type;
}
&&has_descriptor<Connection> && !requires(Connection & between) {
  between.read_some(between);
}
&&!requires(Connection & between) {
  between.listen();
};

/// Asio's pipes, files and serial ports.
template <class Connection>
concept no_socket = requires {
  typename Connection::native_handle_type;
  typename Connection::executor_type;
}
&&!requires {
  typename Connection::protocol_type;
};

template <class Connection>
concept connection =
    !std::is_const_v<Connection> && (std::derived_from<Connection, channel> || has_descriptor<Connection>);

/// One whose channel is its descriptor's.
template <class Connection>
concept bare_descriptor = connection<Connection> && !std::derived_from<Connection, channel>;

/// A channel by reference, or that of a descriptor by value.
class any_channel {
 public:
  explicit any_channel(channel& by_reference) noexcept : by_reference_{&by_reference} {}
  explicit any_channel(int descriptor) noexcept : descriptor_{descriptor} {}

  template <class Function>
  auto with(Function use) const noexcept {
    if (by_reference_ != nullptr) return use(*by_reference_);
    descriptor_channel channel{descriptor_};
    return use(channel);
  }

  /// Whether it is more than a descriptor, whose attempts may have to look again without an event.
  /// See channel: a descriptor holds nothing back.
  bool has_pending_output() const noexcept {
    return by_reference_ != nullptr && by_reference_->has_pending_output();
  }

 private:
  channel* by_reference_ = nullptr;
  int descriptor_ = -1;
};

template <connection Connection>
any_channel channel_of(Connection& between) noexcept {
  static_assert(
      !socket_of_messages<Connection>,
      "a UDP socket, or another of messages, has no stream of bytes: trivium moves bytes over TCP and "
      "Unix stream sockets");
  static_assert(
      !no_socket<Connection>,
      "not a socket: trivium moves bytes over TCP and Unix stream sockets, and not over pipes, files or "
      "serial ports");
  if constexpr (bare_descriptor<Connection>)
    return any_channel{static_cast<int>(between.native_handle())};
  else
    return any_channel{static_cast<channel&>(between)};
}

}  // namespace trivium
