// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The end of sending, until the peer has taken all of it.
#pragma once

#include <trivium/config.hpp>

#include <trivium/connection.hpp>
#include <trivium/mode.hpp>
#include <trivium/operation.hpp>

namespace TRIVIUM_EXPORT trivium {

/// Shuts our end, then waits until the kernel's queue for the socket is empty: on TCP the peer's kernel has
/// acknowledged every byte and our end of file; on a Unix socket the peer has read it. Receiving goes on.
/// Advanced like a transfer, with the same limits; one that a limit ended may be followed by another.
/// A channel that is more than its descriptor ends first (TLS: what it holds back, then close_notify).
///
/// `result().bytes` is what is still unacknowledged: 0 with success. (Unix sockets tell kernel memory, not
/// bytes.)
///
/// No event tells that the queue is empty, so it looks after 0.25 ms, then twice as late each time, at most
/// every 20 ms. Errors: ENOTCONN; ECONNRESET if the connection is broken, by whatever: what did it is left
/// for a receive to tell. Of a connection that is over and whose error a receive has told already, the kernel
/// says no more than that every byte was acknowledged; that is then success.
class finishing final : public operation {
 public:
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
