// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// An accept under way.
#pragma once

#include <trivium/connection.hpp>
#include <trivium/mode.hpp>
#include <trivium/socket.hpp>
#include <trivium/turning.hpp>

namespace trivium {

/// Waits for one connection at a listening socket: a trivium::socket or an Asio acceptor. Turned like a
/// transfer. A connection that was reset while it waited to be accepted is not an error: it waits for the
/// next, as accept(2) recommends.
///
/// The listening descriptor is O_NONBLOCK from its first step: otherwise accept would sleep when another
/// thread was quicker. Errors: the kernel's; after those that are out_of_resources it can be tried again.
class accepting final : public turning {
 public:
  template <has_descriptor Listening>
  explicit accepting(Listening& at, limits const& ends_it = {})
      : accepting{static_cast<int>(at.native_handle()), governing(at, ends_it)} {}
  ~accepting() override = default;
  accepting(accepting&&) noexcept = default;

  /// Requires: ended(). The accepted socket, once, or why there is none.
  trivium::result<socket> take() noexcept;

 private:
  accepting(int descriptor, limits const& ends_it)
      : turning{time_and_stop(ends_it)}, descriptor_{descriptor} {}
  attempt step(std::size_t most) noexcept override;

  int descriptor_;
  bool nonblocking_ = false;
  socket accepted_;
};

}  // namespace trivium
