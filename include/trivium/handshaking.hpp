// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What a connection and its peer have to agree on before the first byte.
#pragma once

#include <trivium/config.hpp>

#include <trivium/connection.hpp>
#include <trivium/mode.hpp>
#include <trivium/turning.hpp>

namespace TRIVIUM_EXPORT trivium {

/// Brings a connection to where it can send and receive: a TLS session's handshake, with the verification of
/// the peer; nothing, and no system call, for a descriptor. Turned like a transfer, heeding `timeout` and
/// `stop`; one that a limit ended may be followed by another, which goes on where it was.
///
/// A TLS session that is used without it does the same at its first send or receive. Asked for, it tells
/// apart the peer that cannot be trusted from the data that cannot be sent, and before there is any.
///
/// `result().bytes` is 0. Errors: see tls_session.
class handshaking final : public turning {
 public:
  template <connection Connection>
  explicit handshaking(Connection& between, limits const& ends_it = {})
      : handshaking{channel_of(between), governing(between, ends_it)} {}
  ~handshaking() override = default;
  handshaking(handshaking&&) noexcept = default;

 private:
  handshaking(any_channel between, limits const& ends_it)
      : turning{time_and_stop(ends_it)}, channel_{between} {}
  attempt step(std::size_t most) noexcept override;

  any_channel channel_;
};

}  // namespace trivium
