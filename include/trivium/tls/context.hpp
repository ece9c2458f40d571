// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What many TLS sessions share: the issuers that a client trusts, or the certificate of a server. It is made
// once, from files, and not changed afterwards.
#pragma once

#include <trivium/config.hpp>

#include <memory>
#include <string_view>
#include <trivium/tls/error.hpp>
#include <type_traits>

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace TRIVIUM_EXPORT trivium {

/// What a client verifies of the server's certificate.
enum class tls_check {
  certificate_and_host,  ///< a trusted issuer has signed it, and it is for the requested host
  certificate,           ///< the first only: any owner of a certificate of that issuer can be the peer
  nothing,               ///< no verification: anyone on the network path can be the peer; for experiments
};

/// All files are PEM. An empty name means no file. The views are read while the context is made.
struct tls_client_settings {
  /// Trusts these issuers instead of the system's. The file may hold roots, issuers below them, or the peer's
  /// own certificate.
  std::string_view ca_file{};
  tls_check check = tls_check::certificate_and_host;
  /// Protocols for the server to choose from (ALPN), in order of preference, with commas: "h2,http/1.1".
  std::string_view alpn{};
  /// The client's certificate with its chain, and its key, for servers that ask for one.
  std::string_view certificate_file{};
  std::string_view key_file{};
};

/// All files are PEM. An empty name means no file. The views are read while the context is made.
struct tls_server_settings {
  std::string_view certificate_file{};  ///< the server's, with the chain up to the issuer
  std::string_view key_file{};          ///< the key of that certificate
  /// Protocols that the server speaks (ALPN), in order of preference, with commas. A client that offers only
  /// others is refused; a client that offers none is not.
  std::string_view alpn{};
  /// Asks for the client's certificate. A client is refused unless its certificate is in this file, or is
  /// signed by an issuer in it.
  std::string_view client_ca_file{};
  /// How many session tickets a client gets, for resumption. None by default: a client that only sends, and
  /// closes without having read them, resets the connection, and its last bytes may be lost.
  unsigned tickets = 0;
};

// g++ 12 destroys the members of an aggregate temporary in a co_await expression twice.
static_assert(std::is_trivially_destructible_v<tls_client_settings> &&
              std::is_trivially_destructible_v<tls_server_settings>);

/// TLS 1.2 or 1.3, without renegotiation and compression. A value: copies share the contents, and sessions
/// share them too. Threads: any, as long as no thread changes what native_handle() returns.
class tls_context {
 public:
  struct content;

  /// OpenSSL's SSL_CTX, for what the settings do not cover. Change it before the first session.
  ssl_ctx_st* native_handle() const noexcept;
  std::shared_ptr<content const> const& get() const noexcept { return content_; }

 protected:
  /// Shares `of`.
  explicit tls_context(std::shared_ptr<content const> of) noexcept : content_{std::move(of)} {}

 private:
  std::shared_ptr<content const> content_;
};

/// Trusts the issuers of the system unless the settings name others. Verifies certificate and host name
/// unless the settings say otherwise.
class tls_client_context : public tls_context {
 public:
  /// Errors name the file and say what is wrong with it. A key that needs a pass phrase is refused.
  /// Throws std::bad_alloc.
  static result<tls_client_context, tls_problem> make(tls_client_settings const& from = {});

  /// Takes a context that is configured already: of(ssl_context.native_handle()), of an asio::ssl::context.
  /// It is shared and not copied, and from then on refuses TLS older than 1.2, renegotiation and compression.
  /// Where it verifies the peer (ssl::verify_peer), the host is verified too.
  static tls_client_context of(ssl_ctx_st* configured);

 private:
  using tls_context::tls_context;
};

/// A server's certificate and its key, and whether it asks clients for theirs.
class tls_server_context : public tls_context {
 public:
  /// Requires a certificate and its key. Errors: as for a client; also that the key does not belong to the
  /// certificate.
  static result<tls_server_context, tls_problem> make(tls_server_settings const& from);
  /// Takes a context that is configured already, as for a client.
  static tls_server_context of(ssl_ctx_st* configured);

 private:
  using tls_context::tls_context;
};

}  // namespace trivium
