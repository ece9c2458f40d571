// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The errors of TLS that are not trivium's own: why a peer is not trusted, and OpenSSL's errors.
#pragma once

#include <trivium/config.hpp>

#include <string>
#include <trivium/error.hpp>

namespace TRIVIUM_EXPORT trivium {

/// Why the peer's certificate was refused: X509_V_ERR_... of <openssl/x509_vfy.h>. The message says what is
/// wrong, and what to do about it.
boost::system::error_category const& tls_verification_category() noexcept;

/// Everything else that ends a TLS session: OpenSSL's packed codes, as ERR_get_error returns them. OpenSSL's
/// want of memory (ERR_R_MALLOC_FAILURE) compares equal to boost::system::errc::not_enough_memory, in this
/// category and in tls_verification_category().
boost::system::error_category const& tls_category() noexcept;

/// Why a tls_context could not be made: the error, and what it is about (a file, by its name).
struct tls_problem {
  error_code error;   ///< what is wrong
  std::string about;  ///< of what: a setting, and its file

  /// "key_file /etc/it.pem: No such file or directory"
  std::string message() const { return about + ": " + error.message(); }
};

/// Called by result<..., tls_problem>::value(): throws boost::system::system_error with that message.
[[noreturn]] void throw_exception_from_error(tls_problem const& problem, boost::source_location const& where);

}  // namespace trivium
