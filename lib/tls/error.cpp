// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <openssl/err.h>
#include <openssl/pemerr.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <trivium/tls/error.hpp>

#include <boost/system/system_error.hpp>
#include <boost/throw_exception.hpp>

namespace trivium {
namespace {

char const* advice(int code) noexcept {
  switch (code) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "the peer's certificate is for another host name; connect by a name that it carries";
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "the peer's certificate has expired; its owner must renew it (or this machine's clock is wrong)";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "the peer's certificate is not valid yet; look at this machine's clock";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "the peer's certificate is self-signed, so nobody vouches for it; if you trust it, name it in "
             "ca_file";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "the peer's certificate is from an issuer that is not trusted here; if you trust it, name the "
             "issuer in ca_file (the system's own are in the package ca-certificates)";
    case X509_V_ERR_CERT_REVOKED:
      return "the peer's certificate has been revoked; do not trust it";
    default:
      return "the peer's certificate cannot be verified";
  }
}

boost::system::error_condition no_memory() noexcept {
  return boost::system::errc::make_error_condition(boost::system::errc::not_enough_memory);
}

// Boost.System compares categories by these numbers, since a program may hold several copies of the library.
class verification_category final : public boost::system::error_category {
 public:
  constexpr verification_category() noexcept : error_category{0x5e81a3c94d07b26f} {}

  char const* name() const noexcept override { return "trivium.tls_verification"; }
  std::string message(int code) const override {
    return std::string{advice(code)} + " (" + X509_verify_cert_error_string(code) + ')';
  }
  boost::system::error_condition default_error_condition(int code) const noexcept override {
    if (code == X509_V_ERR_OUT_OF_MEM) return no_memory();
    return {code, *this};
  }
};

class openssl_category final : public boost::system::error_category {
 public:
  constexpr openssl_category() noexcept : error_category{0xc47f20e68b915ad3} {}

  char const* name() const noexcept override { return "trivium.tls"; }
  std::string message(int code) const override {
    auto const packed = static_cast<unsigned long>(static_cast<unsigned>(code));
    OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, nullptr);  // there may have been no session yet
    char const* const reason = ERR_reason_error_string(packed);
    std::string result = "TLS: ";
    result += reason != nullptr ? reason : "error " + std::to_string(packed);
    bool const no_certificate =
        ERR_GET_LIB(packed) == ERR_LIB_PEM && ERR_GET_REASON(packed) == PEM_R_NO_START_LINE;
    bool const no_key = ERR_GET_LIB(packed) == ERR_LIB_OSSL_DECODER;
    if (ERR_GET_REASON(packed) == ERR_R_MALLOC_FAILURE) result += " (this process is out of memory)";
    if (no_certificate || no_key) result += " (is it a file in PEM format, and does it hold that?)";
    if (ERR_GET_LIB(packed) == ERR_LIB_SSL) {
      switch (ERR_GET_REASON(packed)) {
        case SSL_R_WRONG_VERSION_NUMBER:
        case SSL_R_HTTP_REQUEST:
          result += " (does the peer speak TLS at this port?)";
          break;
        case SSL_R_UNSUPPORTED_PROTOCOL:
        case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
          result += " (the peer must speak TLS 1.2 or newer)";
          break;
        case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
        case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
        case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
          result += " (the peer says so of the certificate that it was shown)";
          break;
        case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
          result += " (the peer wants a certificate: certificate_file and key_file)";
          break;
        default:
          break;
      }
    }
    return result;
  }
  boost::system::error_condition default_error_condition(int code) const noexcept override {
    if (ERR_GET_REASON(static_cast<unsigned>(code)) == ERR_R_MALLOC_FAILURE) return no_memory();
    return {code, *this};
  }
};

}  // namespace

boost::system::error_category const& tls_verification_category() noexcept {
  static verification_category const instance;
  return instance;
}

boost::system::error_category const& tls_category() noexcept {
  static openssl_category const instance;
  return instance;
}

void throw_exception_from_error(tls_problem const& problem, boost::source_location const& where) {
  boost::throw_with_location(boost::system::system_error{problem.error, problem.about}, where);
}

}  // namespace trivium
