// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <openssl/err.h>

#include <cerrno>
#include <new>
#include <optional>
#include <trivium/tls/context.hpp>
#include <utility>

#include "tls/content.hpp"

namespace trivium {
namespace {

using content = tls_context::content;
using problem = std::optional<tls_problem>;

tls_problem invalid(std::string about) {
  return {{EINVAL, boost::system::system_category()}, std::move(about)};
}

// The first error of this thread's queue is the cause. Those after it say where it was noticed.
tls_problem openssls(std::string about) {
  auto const code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) throw std::bad_alloc{};  // there was no memory for the error itself
  if (ERR_SYSTEM_ERROR(code))
    return {{ERR_GET_REASON(code), boost::system::system_category()}, std::move(about)};
  return {{static_cast<int>(code), tls_category()}, std::move(about)};
}

// The restrictions that hold for every session.
void restrict(SSL_CTX* context) {
  if (auto const least = SSL_CTX_get_min_proto_version(context); least < TLS1_2_VERSION)
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
}

std::shared_ptr<content> shared_content(SSL_CTX* configured) {
  auto made = std::make_shared<content>();
  if (SSL_CTX_up_ref(configured) != 1) throw std::bad_alloc{};
  made->context.reset(configured);
  restrict(configured);
  bool const verifies = (SSL_CTX_get_verify_mode(configured) & SSL_VERIFY_PEER) != 0;
  made->check = verifies ? tls_check::certificate_and_host : tls_check::nothing;
  return made;
}

std::shared_ptr<content> new_content(SSL_METHOD const* method) {
  auto made = std::make_shared<content>();
  made->context.reset(SSL_CTX_new(method));
  auto* const context = made->context.get();
  if (context == nullptr) throw std::bad_alloc{};
  restrict(context);
  // A library does not ask for a pass phrase at the terminal.
  SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return -1; });
  return made;
}

// Trusts each certificate of the file by itself, also one that is not self-signed: the peer's own, or an
// issuer below the root. By default OpenSSL trusts only the root.
bool trust(SSL_CTX* context, std::string const& ca_file) {
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
  ERR_clear_error();
  return SSL_CTX_load_verify_file(context, ca_file.c_str()) == 1;
}

problem own_certificate(content& of, std::string_view certificate_file, std::string_view key_file) {
  auto* const context = of.context.get();
  std::string const certificate{certificate_file}, key{key_file};
  if (certificate.empty()) return invalid("certificate_file: none is given");
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1)
    return openssls("certificate_file " + certificate);
  if (key.empty()) return invalid("key_file: none is given");
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1)
    return openssls("key_file " + key);
  // Loading compares key and certificate only where both are of one kind.
  if (SSL_CTX_check_private_key(context) != 1) return openssls("key_file " + key);
  return {};
}

// "h2,http/1.1" -> "\2h2\10http/1.1"
problem protocols(content& of, std::string_view names) {
  for (auto left = names; !names.empty();) {
    auto const name = left.substr(0, left.find(','));
    if (name.empty() || name.size() > 255)
      return invalid("alpn \"" + std::string{names} + "\": a name is empty, or longer than 255");
    of.protocols += static_cast<char>(name.size());
    of.protocols += name;
    if (name.size() == left.size()) break;
    left.remove_prefix(name.size() + 1);
  }
  return {};
}

int choose(SSL*, unsigned char const** chosen, unsigned char* size, unsigned char const* offered,
           unsigned offered_size, void* ours) {
  auto const& names = static_cast<content const*>(ours)->protocols;
  unsigned char* found = nullptr;
  auto const how = SSL_select_next_proto(&found, size, reinterpret_cast<unsigned char const*>(names.data()),
                                         static_cast<unsigned>(names.size()), offered, offered_size);
  *chosen = found;
  return how == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

ssl_ctx_st* tls_context::native_handle() const noexcept {
  return content_->context.get();
}

result<tls_client_context, tls_problem> tls_client_context::make(tls_client_settings const& from) {
  auto made = new_content(TLS_client_method());
  auto* const context = made->context.get();
  made->check = from.check;
  if (from.check != tls_check::nothing) {
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    std::string const ca_file{from.ca_file};
    ERR_clear_error();
    if (ca_file.empty()) {
      if (SSL_CTX_set_default_verify_paths(context) != 1) return openssls("the system's issuers");
    } else if (!trust(context, ca_file)) {
      return openssls("ca_file " + ca_file);
    }
  }
  if (!from.certificate_file.empty() || !from.key_file.empty())
    if (auto wrong = own_certificate(*made, from.certificate_file, from.key_file)) return *std::move(wrong);
  if (auto wrong = protocols(*made, from.alpn)) return *std::move(wrong);
  if (!made->protocols.empty() &&
      SSL_CTX_set_alpn_protos(context, reinterpret_cast<unsigned char const*>(made->protocols.data()),
                              static_cast<unsigned>(made->protocols.size())) != 0)
    throw std::bad_alloc{};
  return tls_client_context{std::move(made)};
}

tls_client_context tls_client_context::of(ssl_ctx_st* configured) {
  return tls_client_context{shared_content(configured)};
}
tls_server_context tls_server_context::of(ssl_ctx_st* configured) {
  return tls_server_context{shared_content(configured)};
}

result<tls_server_context, tls_problem> tls_server_context::make(tls_server_settings const& from) {
  auto made = new_content(TLS_server_method());
  auto* const context = made->context.get();
  if (auto wrong = own_certificate(*made, from.certificate_file, from.key_file)) return *std::move(wrong);
  if (!from.client_ca_file.empty()) {
    std::string const ca_file{from.client_ca_file};
    if (!trust(context, ca_file)) return openssls("client_ca_file " + ca_file);
    auto* const names = SSL_load_client_CA_file(ca_file.c_str());
    if (names == nullptr) return openssls("client_ca_file " + ca_file);
    SSL_CTX_set_client_CA_list(context, names);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  if (auto wrong = protocols(*made, from.alpn)) return *std::move(wrong);
  if (!made->protocols.empty()) SSL_CTX_set_alpn_select_cb(context, choose, made.get());
  SSL_CTX_set_num_tickets(context, from.tickets);
  if (from.tickets == 0) SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  static constexpr unsigned char id[] = "trivium";
  SSL_CTX_set_session_id_context(context, id, sizeof id - 1);
  return tls_server_context{std::move(made)};
}

}  // namespace trivium
