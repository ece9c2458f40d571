// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The operation that completes a connection's handshake before the first byte.
#pragma once

#include <trivium/config.hpp>

#include <trivium/connection.hpp>
#include <trivium/mode.hpp>
#include <trivium/operation.hpp>

namespace TRIVIUM_EXPORT trivium {

/// Performs the handshake of a TLS session, with the verification of the peer. On a plain descriptor it does
/// nothing and makes no system call. Advanced like a transfer; of the limits `timeout` and `stop` apply.
/// After a limit, another `handshaking` continues where this one stopped.
///
/// A TLS session that is used without it performs the handshake at its first send or receive. An explicit
/// handshake distinguishes a peer that is not trusted from data that cannot be sent, before there is any
/// data.
///
/// `result().bytes` is 0. Errors: see tls_session.
class handshaking final : public operation {
 public:
  /// Performs the handshake of `between`, whose mode completes the limits.
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
