// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The library's async way over TLS.
#include <array>
#include <trivium/tls/stream.hpp>

#include "arm.hpp"
#include "async.hpp"
#include "tls.hpp"

namespace trivium::bench {

namespace {

struct on_stream : tls_stream {
  on_stream(lane const& from, executor_type executor)
      : tls_stream(tls_session_on(from), std::move(executor)) {}
};

class connection : public async_connection<on_stream, unarmed> {
 public:
  using async_connection::async_connection;

  template <class Then>
  void handshake(Then then) {
    trivium::async::handshake(stream_, translated(then));
  }
};

}  // namespace

std::span<arm const> tls_async_arms() {
  static constexpr auto arms = std::array{
      arm{.name = "tls.async",
          .sentence = "trivium::async over a trivium::tls_stream",
          .counterpart = "asio.ssl.async",
          .wire = wire::tls,
          .make = tls_way<on_loop<connection, trivium::async::trampoline>>},
  };
  return arms;
}

}  // namespace trivium::bench
