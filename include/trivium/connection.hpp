// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What the verbs accept as a connection: a trivium::socket or stream, an Asio stream socket that the program
// already owns (TCP, Unix, generic), or a channel.
#pragma once

#include <trivium/config.hpp>

#include <concepts>
#include <trivium/channel.hpp>
#include <type_traits>

namespace TRIVIUM_EXPORT trivium {

/// A type with a stream socket's descriptor. The verbs borrow the object: it must stay at its address until
/// they complete.
template <class Connection>
concept has_descriptor = requires(Connection& between) {
  { between.native_handle() } -> std::convertible_to<int>;
};

/// One of Asio's datagram or sequenced-packet sockets, which have no stream of bytes.
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

/// What can be sent to and received from: a channel, or a type with a descriptor.
template <class Connection>
concept connection =
    !std::is_const_v<Connection> && (std::derived_from<Connection, channel> || has_descriptor<Connection>);

/// A connection whose channel is a plain descriptor_channel.
template <class Connection>
concept bare_descriptor = connection<Connection> && !std::derived_from<Connection, channel>;

/// A channel by reference, or a descriptor by value, for which `with` makes a descriptor_channel.
class any_channel {
 public:
  /// Refers to a channel, or to a descriptor. Both are borrowed.
  explicit any_channel(channel& by_reference) noexcept : by_reference_{&by_reference} {}
  explicit any_channel(int descriptor) noexcept : descriptor_{descriptor} {}

  /// Returns use(channel), where `channel` is the one that it refers to, or is made for the call.
  template <class Function>
  auto with(Function use) const noexcept {
    if (by_reference_ != nullptr) return use(*by_reference_);
    descriptor_channel channel{descriptor_};
    return use(channel);
  }

  /// As channel::has_pending_output(); false for a descriptor.
  bool has_pending_output() const noexcept {
    return by_reference_ != nullptr && by_reference_->has_pending_output();
  }

 private:
  channel* by_reference_ = nullptr;
  int descriptor_ = -1;
};

/// The channel of `between`, which is borrowed if it is a channel itself.
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
