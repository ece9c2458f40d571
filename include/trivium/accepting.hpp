// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// An accept under way.
#pragma once

#include <trivium/config.hpp>

#include <chrono>
#include <concepts>
#include <stop_token>
#include <trivium/connection.hpp>
#include <trivium/mode.hpp>
#include <trivium/operation.hpp>
#include <trivium/socket.hpp>

namespace TRIVIUM_EXPORT trivium {

/// What listens and goes on whatever happens to one accept: it has a stop token for everything done on it,
/// and a shortage of descriptors or memory is waited out. A trivium::listener.
template <class Listening>
concept lasting = has_descriptor<Listening> && requires(Listening const& at) {
  { at.stop() } -> std::same_as<std::stop_token const&>;
};

/// Waits for one connection at a listening socket: a trivium::listener or socket, or an Asio acceptor.
/// Advanced like a transfer. A connection that was reset while it waited to be accepted (ECONNABORTED) is not
/// an error: it waits for the next, as accept(2) recommends.
///
/// The listening descriptor is O_NONBLOCK from its first step: otherwise accept would sleep when another
/// thread was quicker. Errors: the kernel's. Those that are out_of_resources end it at a socket or acceptor,
/// and it can be tried again; at a listener it tries again itself, after 1 ms and then up to every 100 ms,
/// since nobody tells when there is room: meanwhile its interest() is readiness::none, and its limits end it.
class accepting final : public operation {
 public:
  template <has_descriptor Listening>
  explicit accepting(Listening& at, limits const& within = {})
      : accepting{static_cast<int>(at.native_handle()), governing(at, within), lasting<Listening>} {}
  ~accepting() override = default;
  accepting(accepting&&) noexcept = default;

  /// Requires: ended(). The accepted socket, once, or why there is none.
  trivium::result<socket> take() noexcept;

 private:
  accepting(int descriptor, limits const& within, bool lasts)
      : operation{time_and_stop(within)}, descriptor_{descriptor}, lasts_{lasts} {}
  attempt step(std::size_t most) noexcept override;

  int descriptor_;
  bool lasts_;
  bool nonblocking_ = false;
  std::chrono::nanoseconds pause_{0};
  socket accepted_;
};

}  // namespace trivium
