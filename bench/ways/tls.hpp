// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What the arms over TLS share, so that they differ in nothing but who moves the bytes: TLS 1.3 with
// TLS_AES_256_GCM_SHA384, OpenSSL's first choice, without tickets. Nobody is verified: that belongs to the
// handshake, which is over before the first step.
#pragma once

#include <memory>
#include <trivium/tls/session.hpp>

#include "../steps/way.hpp"

namespace trivium::bench {

tls_client_context const& tls_client();
/// Its certificate is made at the first call.
tls_server_context const& tls_server();

/// A way whose contexts are there before the connection is: they take 10 ms.
template <class Way>
std::unique_ptr<way> tls_way() {
  tls_client();
  tls_server();
  return std::make_unique<Way>();
}

/// Who opened the connection is the client.
tls_session tls_session_on(lane const& from);

}  // namespace trivium::bench
