// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// TLS over a socket, for the blocking and the nonblocking way; with an executor it is a tls_stream. It is a
// channel: each attempt asks the kernel at most once in each direction and never sleeps, so that every verb
// of every way, every limit and stop work on it as on a socket.
#pragma once

#include <trivium/config.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <trivium/channel.hpp>
#include <trivium/socket.hpp>
#include <trivium/tls_context.hpp>

struct ssl_st;  // OpenSSL's SSL

namespace TRIVIUM_EXPORT trivium {

/// Owns its socket. Move-only; not moved or destroyed while an operation is under way.
///
/// Handshake: by the verb `handshake`, or at the first send or receive. Until the peer is verified not a byte
///   of the caller's is sent or given.
/// Bytes: `bytes` counts what the session has irrevocably taken of the caller's, which is what it has made
///   records of. What the kernel has not taken of these the session keeps (8 records at most, 131 KiB), and
///   every next operation, in either direction, begins with sending that: no limit, no stop and no
///   would_block costs a byte, whatever is sent next.
///   - A send of all has ended with success only when nothing is held back. One that a limit ended may have
///     taken all bytes and hold some back: going on at `bytes` sends them, also where nothing else is left.
///   - A receive that waits already when a send leaves something held back does not send it: ask
///   has_pending_output()
///     and send again, nothing if there is nothing else.
///   - A send of some waits for that as long as its limits allow, and succeeds: nonblocking::send_some may
///     leave something held back (`has_pending_output()`).
/// End: `finish` sends close_notify, then the end of file. A receive tells the peer's close_notify as
///   errc::end_of_file, and an end of the connection without it as errc::truncated: somebody may have cut it.
///   Behind our close_notify nothing is sent, whatever the peer asks for, and it is heard to its own.
/// Errors: of tls_verification_category() if the peer is not whom we asked for, of tls_category() if either
///   side broke the protocol, or the peer refused us, or OpenSSL had no memory (which compares equal to
///   boost::system::errc::not_enough_memory). Each ends the session: every call after it says
///   errc::session_broken. What the kernel says is passed on; so is ENOMEM, if there was none for what the
///   session itself keeps, and then it is as before. EINVAL, each time: the host that was asked for can be
///   nobody's (empty, with a dot in front, a space or a zero within, or a number last that makes no address:
///   "127.0.0.01"), and the context verifies it.
/// Threads: one send and one receive at a time; the two may run in different threads and ways. A mutex is
///   held for one attempt, which never sleeps, and reads 16 records at most.
class tls_session : public channel {
 public:
  /// Our end is the client's. Throws std::bad_alloc. `host` is whom we want to speak to, by name or numeric
  /// address: its certificate must be for that, unless the context says otherwise; a name is also told to the
  /// server (SNI).
  tls_session(socket of, tls_client_context const& with, std::string_view host);
  /// Our end is the server's.
  tls_session(socket of, tls_server_context const& with);

  tls_session(tls_session&&) noexcept;
  tls_session& operator=(tls_session&&) noexcept;
  ~tls_session() override;

  int native_handle() const noexcept;
  bool is_open() const noexcept { return native_handle() >= 0; }
  /// Closes the socket, without a word to the peer: see `finish`.
  void close() noexcept;

  /// The socket below, for its addresses and options. Bytes that it sends or receives itself end the session.
  /// Requires: the session was not moved from.
  socket& below() noexcept;
  socket const& below() const noexcept;

  // What was agreed on. Require: the handshake has succeeded; else they are empty.
  std::string protocol() const;  ///< of the application (ALPN); empty: none
  std::string version() const;   ///< "TLSv1.3"
  std::string cipher() const;    ///< "TLS_AES_256_GCM_SHA384"

  /// OpenSSL's own. Requires: no operation is under way, and it was not moved from. What reads or writes
  /// through it ends the session.
  ssl_st* native_session() noexcept;

  // The channel; the verbs use it.
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
