// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The library's blocking way over TLS.
#include <array>
#include <boost/system/system_error.hpp>

#include "arm.hpp"
#include "armed.hpp"
#include "blocking.hpp"
#include "tls.hpp"

namespace trivium::bench {

namespace {

struct on_session : tls_session {
  explicit on_session(lane const& from) : tls_session(tls_session_on(from)) {
    if (auto const came = trivium::blocking::handshake(*this); came.error)
      throw boost::system::system_error(came.error, "handshake");
  }
};

}  // namespace

std::span<arm const> tls_blocking_arms() {
  static constexpr auto arms = std::array{
      arm{.name = "tls.blocking",
          .sentence = "trivium::blocking over a trivium::tls_session: TLS 1.3",
          .counterpart = "asio.ssl",
          .wire = wire::tls,
          .holds_thread = true,
          .make = tls_way<blocking_way<on_session, unarmed>>},
  };
  return arms;
}

}  // namespace trivium::bench
