// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// TLS over a socket, for the blocking and the nonblocking way; with an executor it is a tls_stream. A session
// is a channel. Each attempt asks the kernel at most once in each direction and never sleeps, so every verb
// of every way, every limit and every stop work on it as on a socket.
#pragma once

#include <trivium/config.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <trivium/channel.hpp>
#include <trivium/socket.hpp>
#include <trivium/tls/context.hpp>

struct ssl_st;  // OpenSSL's SSL

namespace TRIVIUM_EXPORT trivium {

/// Owns its socket. Move-only; not moved or destroyed while an operation is under way.
///
/// Handshake: by the verb `handshake`, or at the first send or receive. Until the peer is verified no byte of
///   the caller's is sent or received.
/// Bytes: `bytes` counts what the session has irrevocably taken from the caller, which is what it has made
///   records of. What the kernel has not taken of these is the session's pending output (8 records at most,
///   131 KiB). Every next operation, in either direction, begins by sending it. So no limit, no stop and no
///   would_block costs a byte, whatever is sent next.
///   - A send of all succeeds only when no output is pending. If a limit ends it, it may have taken all bytes
///     and have output pending: going on at `bytes` sends that, also where nothing else is left.
///   - A receive that already waits when a send leaves output pending does not send it. Check
///     has_pending_output() and send again, with nothing if there is nothing else.
///   - A send of some waits for the pending output as long as its limits allow, and succeeds:
///     nonblocking::send_some may leave output pending.
/// End: `finish` sends close_notify, then the end of file. A receive reports the peer's close_notify as
///   errc::end_of_file, and an end of the connection without it as errc::truncated, since the connection may
///   have been cut. After our close_notify nothing is sent, whatever the peer asks for; the peer can be
///   received from until its own.
/// Errors: of tls_verification_category() if the peer is not the one that was asked for, of tls_category() if
///   either side broke the protocol, or the peer refused us, or OpenSSL had no memory (which compares equal
///   to boost::system::errc::not_enough_memory). Each ends the session: every later call reports
///   errc::session_broken. Errors of the kernel are passed on. ENOMEM, if there was no memory for what the
///   session itself keeps, is passed on too, and leaves the session as it was. EINVAL, each time: the
///   requested host cannot be one (empty, with a dot in front, a space or a zero within, or a number last
///   that makes no address: "127.0.0.01"), and the context verifies it.
/// Threads: one send and one receive at a time; the two may run in different threads and ways. A mutex
///   is held for one attempt, which never sleeps and reads 16 records at most.
class tls_session : public channel {
 public:
  /// The client's end. Throws std::bad_alloc. `host` is the name or the numeric address of the server. The
  /// server's certificate must be for that host, unless the context says otherwise. A name is also sent to
  /// the server (SNI).
  tls_session(socket of, tls_client_context const& with, std::string_view host);
  /// The server's end.
  tls_session(socket of, tls_server_context const& with);

  tls_session(tls_session&&) noexcept;
  tls_session& operator=(tls_session&&) noexcept;
  ~tls_session() override;

  /// The descriptor; negative if the session is closed or was moved from.
  int native_handle() const noexcept;
  /// Whether it has a descriptor.
  bool is_open() const noexcept { return native_handle() >= 0; }
  /// Closes the socket, without close_notify: see `finish`.
  void close() noexcept;

  /// The underlying socket, for its addresses and options. Bytes that are sent or received through it
  /// directly end the session. Requires: the session was not moved from.
  socket& below() noexcept;
  socket const& below() const noexcept;
  friend socket* registered_socket(tls_session& of) noexcept { return of.is_open() ? &of.below() : nullptr; }

  /// What the handshake has negotiated: the protocol of the application (ALPN, empty: none), the version of
  /// TLS ("TLSv1.3") and the cipher suite. Empty until the handshake has succeeded.
  std::string protocol() const;
  std::string version() const;
  std::string cipher() const;

  /// OpenSSL's SSL. Requires: no operation is under way, and the session was not moved from. Reading or
  /// writing through it ends the session.
  ssl_st* native_session() noexcept;

  // The channel, for the verbs.
  attempt send(std::span<iovec const> pieces, may_block allowed) noexcept override;
  attempt receive(std::span<iovec> pieces, may_block allowed) noexcept override;
  std::size_t queued() noexcept override;
  attempt handshake() noexcept override;
  attempt end() noexcept override;
  bool has_pending_output() const noexcept override;

 private:
  struct state;
  static std::unique_ptr<state> taken_from(tls_session& other) noexcept;
  std::unique_ptr<state> state_;
};

}  // namespace trivium
