// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "tls.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/mman.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

#include "../steps/descriptor.hpp"

namespace trivium::bench {

namespace {

void must(bool well, char const* what) {
  if (!well) throw std::runtime_error(what);
}

template <class Context>
Context pinned(Context made) {
  auto* const context = made.native_handle();
  must(SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_ciphersuites(context, "TLS_AES_256_GCM_SHA384") == 1,
       "OpenSSL: no TLS 1.3 with AES-256-GCM");
  return made;
}

// The type of fclose has attributes, which g++ 13 and newer warn of as a template argument.
struct file_closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// A key and what it has signed of itself, as PEM in memory.
descriptor own_certificate() {
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> const key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  std::unique_ptr<X509, decltype(&X509_free)> const certificate(X509_new(), X509_free);
  must(key && certificate, "OpenSSL: no key");
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 24 * 60 * 60);
  must(X509_set_pubkey(certificate.get(), key.get()) == 1 &&
           X509_sign(certificate.get(), key.get(), EVP_sha256()) != 0,
       "OpenSSL: no certificate");

  descriptor memory(::memfd_create("certificate", MFD_CLOEXEC));
  std::unique_ptr<std::FILE, file_closer> const file(::fdopen(::dup(memory.get()), "w"));
  must(file && PEM_write_X509(file.get(), certificate.get()) == 1 &&
           PEM_write_PrivateKey(file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
       "the certificate cannot be written");
  return memory;
}

}  // namespace

tls_client_context const& tls_client() {
  static auto const made = pinned(tls_client_context::make({.check = tls_check::nothing}).value());
  return made;
}

tls_server_context const& tls_server() {
  static auto const made = [] {
    auto const memory = own_certificate();
    auto const file = "/proc/self/fd/" + std::to_string(memory.get());
    return pinned(tls_server_context::make({.certificate_file = file, .key_file = file}).value());
  }();
  return made;
}

tls_session tls_session_on(lane const& from) {
  socket over(from.socket);
  if (from.opened == opened::there) return {std::move(over), tls_server()};
  return {std::move(over), tls_client(), "localhost"};
}

}  // namespace trivium::bench
