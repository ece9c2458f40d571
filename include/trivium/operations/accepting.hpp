// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The accept operation.
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

/// A listening object that stays usable whatever happens to one accept: a trivium::listener. It has a stop
/// token for all its operations, and its accepts wait until a shortage of descriptors or memory is over.
template <class Listening>
concept lasting = has_descriptor<Listening> && requires(Listening const& at) {
  { at.stop() } -> std::same_as<std::stop_token const&>;
};

/// Accepts one connection at a listening socket: a trivium::listener or socket, or an Asio acceptor. Advanced
/// like a transfer; of the limits `timeout` and `stop` apply. The accepted descriptor is close-on-exec.
///
/// A connection that failed while it was queued is skipped, and the operation waits for the next one, as
/// accept(2) recommends: ECONNABORTED, ENETDOWN, EPROTO, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH,
/// ENETUNREACH.
///
/// The first attempt sets O_NONBLOCK on the listening descriptor. Without it accept would sleep if another
/// thread had taken the connection first.
///
/// Errors: those of accept(2) and fcntl(2). Those that are `out_of_resources` (EMFILE, ENFILE, ENOBUFS,
/// ENOMEM) end it at a socket or an acceptor; it can then be started again. At a listener it tries again by
/// itself, after 1 ms and then at doubled intervals up to 100 ms, since no event signals that resources are
/// available. Meanwhile its interest() is readiness::none, and its limits can end it.
class accepting final : public operation {
 public:
  /// Accepts at `at`. The mode of `at` completes the limits.
  template <has_descriptor Listening>
  explicit accepting(Listening& at, limits const& within = {})
      : accepting{static_cast<int>(at.native_handle()), governing(at, within), lasting<Listening>} {}
  ~accepting() override = default;
  accepting(accepting&&) noexcept = default;

  /// Returns the accepted socket, or the error. May be called once.
  ///
  /// Requires: ended().
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
