// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The operation that ends sending and waits until the peer has taken all of it.
#pragma once

#include <trivium/config.hpp>

#include <trivium/connection.hpp>
#include <trivium/mode.hpp>
#include <trivium/operation.hpp>

namespace TRIVIUM_EXPORT trivium {

/// Shuts down sending (shutdown(2) with SHUT_WR), then waits until the kernel's send queue of the socket is
/// empty. On TCP the peer's kernel has then acknowledged every byte and the end of file; on a Unix socket the
/// peer has read them. Receiving remains possible. A channel that is more than its descriptor is ended first
/// (TLS: its pending output, then close_notify). Advanced like a transfer, with the same limits. After a
/// limit, another `finishing` may continue.
///
/// `result().bytes` is the number of bytes that are not acknowledged yet: 0 with success. (Of a Unix socket
/// the kernel reports the memory in use instead.)
///
/// No event signals that the queue is empty, so it is polled after 0.25 ms, and then at doubled intervals up
/// to 20 ms.
///
/// Errors: ENOTCONN; ECONNRESET if the connection is broken, whatever the cause, which a receive still
/// reports. If the connection has ended and a receive has reported its error before, the kernel knows only
/// whether every byte was acknowledged; if so, that is success.
class finishing final : public operation {
 public:
  /// Finishes `between`, whose mode completes the limits.
  template <has_descriptor Connection>
  explicit finishing(Connection& between, limits const& within = {})
      : finishing{channel_of(between), static_cast<int>(between.native_handle()),
                  governing_a_send(between, within)} {}
  ~finishing() override = default;
  finishing(finishing&&) noexcept = default;

 private:
  finishing(any_channel between, int descriptor, limits const& within)
      : operation{within}, channel_{between}, descriptor_{descriptor} {}
  attempt step(std::size_t most) noexcept override;
  std::int64_t taken() noexcept override { return -static_cast<std::int64_t>(result_.bytes); }

  any_channel channel_;
  int descriptor_;
  bool channel_ended_ = false;
  bool shut_ = false;
  std::chrono::nanoseconds pause_{};
};

}  // namespace trivium
