// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What a connection and its peer have to agree on before the first byte.
#pragma once

#include <trivium/config.hpp>

#include <trivium/connection.hpp>
#include <trivium/mode.hpp>
#include <trivium/operation.hpp>

namespace TRIVIUM_EXPORT trivium {

/// Brings a connection to where it can send and receive: a TLS session's handshake, with the verification of
/// the peer; nothing, and no system call, for a descriptor. Advanced like a transfer, heeding `timeout` and
/// `stop`; one that a limit ended may be followed by another, which goes on where it was.
///
/// A TLS session that is used without it does the same at its first send or receive. Asked for, it tells
/// apart the peer that cannot be trusted from the data that cannot be sent, and before there is any.
///
/// `result().bytes` is 0. Errors: see tls_session.
class handshaking final : public operation {
 public:
  template <connection Connection>
  explicit handshaking(Connection& between, limits const& within = {})
      : handshaking{channel_of(between), governing(between, within)} {}
  ~handshaking() override = default;
  handshaking(handshaking&&) noexcept = default;

 private:
  handshaking(any_channel between, limits const& within)
      : operation{time_and_stop(within)}, channel_{between} {}
  attempt step(std::size_t most) noexcept override;

  any_channel channel_;
};

}  // namespace trivium
