// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The contents of a tls_context.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <trivium/tls/context.hpp>

namespace trivium {

struct tls_context::content {
  struct freed {
    void operator()(SSL_CTX* it) const noexcept { SSL_CTX_free(it); }
  };
  std::unique_ptr<SSL_CTX, freed> context;
  std::string protocols;  // ALPN, in wire format
  tls_check check = tls_check::nothing;
};

}  // namespace trivium
