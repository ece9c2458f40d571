// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What many TLS sessions share: whom a client trusts, and what a server is. Made once, read from files then,
// and not changed afterwards.
#pragma once

#include <trivium/config.hpp>

#include <memory>
#include <string_view>
#include <trivium/tls_error.hpp>
#include <type_traits>

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace TRIVIUM_EXPORT trivium {

/// What a client asks of the server's certificate.
enum class tls_check {
  certificate_and_host,  ///< that a trusted issuer vouches for it, and that it is for the host asked for
  certificate,           ///< the first only: whoever has any certificate of that issuer can be the peer
  nothing,               ///< whoever is on the way can be the peer: for experiments
};

/// All files are PEM. An empty name: none. The views are read while the context is made.
struct tls_client_settings {
  /// Trusts these issuers instead of the system's: roots, or others below them; or the peer's very
  /// certificate.
  std::string_view ca_file{};
  tls_check check = tls_check::certificate_and_host;
  /// Protocols for the server to choose from (ALPN), the dearest first, with commas: "h2,http/1.1".
  std::string_view alpn{};
  /// Who we are, for servers that ask: the certificate with its chain, and its key.
  std::string_view certificate_file{};
  std::string_view key_file{};
};

struct tls_server_settings {
  std::string_view certificate_file{};  ///< ours, with the chain up to the issuer
  std::string_view key_file{};
  /// Protocols that we speak (ALPN), the dearest first, with commas. A client that offers only others is
  /// refused; one that offers none is not.
  std::string_view alpn{};
  /// Asks for the client's certificate and refuses whoever has none of these issuers (and is not in the
  /// file).
  std::string_view client_ca_file{};
  /// How many tickets a client gets to resume by. None by default: a client that only sends, and closes
  /// without having read them, resets the connection, and its last bytes may be lost.
  unsigned tickets = 0;
};

// g++ 12 destroys the members of an aggregate temporary in a co_await expression twice.
static_assert(std::is_trivially_destructible_v<tls_client_settings> &&
              std::is_trivially_destructible_v<tls_server_settings>);

/// TLS 1.2 or 1.3, without renegotiation and compression. A value: copies share what they hold, and sessions
/// hold it too. Threads: any, as long as nobody changes what native_handle() gives.
class tls_context {
 public:
  struct content;

  /// OpenSSL's own, for what the settings do not name. Change it before the first session.
  ssl_ctx_st* native_handle() const noexcept;
  std::shared_ptr<content const> const& get() const noexcept { return content_; }

 protected:
  explicit tls_context(std::shared_ptr<content const> of) noexcept : content_{std::move(of)} {}

 private:
  std::shared_ptr<content const> content_;
};

/// Trusts the issuers of the system, unless it is told of others; verifies certificate and host name, unless
/// it is told not to.
class tls_client_context : public tls_context {
 public:
  /// Errors name the file and say what is the matter with it. A key that asks for a pass phrase is refused.
  /// Throws std::bad_alloc.
  static result<tls_client_context, tls_problem> make(tls_client_settings const& from = {});

  /// One that is configured already: of(ssl_context.native_handle()), of an asio::ssl::context. It is shared
  /// and not copied, and from then on refuses TLS older than 1.2, renegotiation and compression. Where it
  /// verifies the peer (ssl::verify_peer), the host is verified too.
  static tls_client_context of(ssl_ctx_st* configured);

 private:
  using tls_context::tls_context;
};

class tls_server_context : public tls_context {
 public:
  /// Requires a certificate and its key. Errors: as above; also that the key is not the certificate's.
  static result<tls_server_context, tls_problem> make(tls_server_settings const& from);
  /// One that is configured already, as of a client.
  static tls_server_context of(ssl_ctx_st* configured);

 private:
  using tls_context::tls_context;
};

}  // namespace trivium
