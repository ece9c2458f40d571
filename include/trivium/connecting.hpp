// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A connect under way. It owns the descriptor until it is connected.
#pragma once

#include <memory>
#include <string>
#include <trivium/endpoint.hpp>
#include <trivium/socket.hpp>
#include <trivium/turning.hpp>

namespace trivium {

/// Looks the name up, if it is one, and tries its addresses in order until one accepts. Turned like a
/// transfer, by the caller or by a way; the limits hold for all of it, look-up included.
///
/// Destroyed before it has ended, it leaves nothing behind: the attempt is closed, the look-up abandoned.
/// Errors: of the look-up (asio::error::host_not_found ...), of the last address tried (ECONNREFUSED ...).
class connecting final : public turning {
 public:
  /// `service` is a port or a name of /etc/services. A name of a host is looked up in a thread of the
  /// library's, since getaddrinfo cannot be interrupted; a numeric address is not.
  connecting(std::string host, std::string service, limits const& ends_it = {});
  explicit connecting(endpoint const& to, limits const& ends_it = {});
  ~connecting() override;
  connecting(connecting&&) noexcept;

  /// Requires: ended(). The connected socket, once, or why there is none.
  trivium::result<socket> take() noexcept;

 private:
  attempt step(std::size_t most) noexcept override;
  attempt resolve() noexcept;
  attempt try_next() noexcept;
  attempt connected() noexcept;
  attempt answered(int code) noexcept;

  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace trivium
