// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What one connection receives as a source for another: a relay.
#pragma once

#include <trivium/config.hpp>

#include <cstddef>
#include <cstdint>
#include <trivium/connection.hpp>
#include <trivium/detail/transit.hpp>
#include <trivium/payload.hpp>

namespace TRIVIUM_EXPORT trivium {

/// A connection as a source: what it receives is sent, until its peer finishes sending.
///
///     blocking::relay(client, server, {.stall_timeout = 60s});       // from the client to the server
///
///     relay_source upstream{client};                                 // the same, and nothing is lost
///     auto moved = blocking::send(server, borrow(upstream), {.timeout = 30s});
///
/// Effect:   receives and sends in turn. What comes in bulk is spliced through a pipe, without a copy to
///           the program, if both are sockets; otherwise it goes through memory of 64 KiB to 1 MiB. Either
///           connection may be any that the verbs take: a socket, a stream, TLS, an Asio socket. The
///           operation waits for whichever of the two it needs: for bytes from the one, or for room in the
///           other.
/// Returns:  `transfer_result::bytes` counts what the connection that is sent to has taken; `held` is what
///           was received beyond that. If a limit ends the transfer, a borrowed relay_source continues with
///           it.
/// Errors:   those of receive_some of the connection that it receives from, and those of send_all of the
///           other; `error_of_source` says whose it was. The end of file of the first is success.
/// O_NONBLOCK: as for file_source, on the descriptor of the connection that is sent to; in the asynchronous
///           way on both.
/// Limits:   those of the verb, and the mode of the connection that is sent to. The mode of the other plays
///           no part.
/// Lifetime: shares the connection's descriptor: if the connection is closed meanwhile, neither the operation
///           nor the peer notices, until the peer ends or the transfer is stopped. A TLS session or a channel
///           is borrowed, at its address, until the transfer has ended.
/// Descriptors: one, two more in bulk, and another in the asynchronous way. EMFILE ends the transfer.
/// Resets:   while it waits for bytes, a reset of the connection that is sent to is noticed in the
///           asynchronous way only; in the others, when there is something to send.
/// Threads:  it is the one receive that may be under way on the connection.
class relay_source {
 public:
  /// Relays what `from` receives.
  template <connection From>
  explicit relay_source(From& from) noexcept : from_{channel_of(from)} {
    if constexpr (bare_descriptor<From>) share(static_cast<int>(from.native_handle()));
  }
  relay_source(relay_source&&) noexcept;
  ~relay_source();

  /// The number of bytes received that have not been sent.
  std::size_t held() const noexcept { return received_.size(); }
  /// The error of the connection that it receives from, if that has ended the transfer.
  error_code error_of_source() const noexcept { return error_; }

  /// Makes one attempt to send at most `most` bytes; see `source`.
  attempt send_to(channel& to, std::size_t most, may_block allowed) noexcept;
  /// Whether the peer has finished sending, and all has been sent.
  bool done() const noexcept { return ended_ && received_.empty(); }

 private:
  void share(int descriptor) noexcept;

  int shared_ =
      -1;  // a duplicate: the number of the descriptor itself may be given to another file meanwhile
  any_channel from_;
  detail::transit received_;
  error_code error_;
  bool ended_ = false;
};

}  // namespace trivium
