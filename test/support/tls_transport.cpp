// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "tls_transport.hpp"

#include <trivium/blocking.hpp>

namespace trivium::test {

tls_client_context const& trusting() {
  static auto const made = tls_client_context::make({.ca_file = certificates::here().ca_file}).value();
  return made;
}

std::pair<tls::end, socket> tls::pair(int buffer_bytes, tls_bridge::options how) {
  static_cast<void>(certificates::here());  // made here, not in the bridge's thread
  auto [near, tls_end] = tcp_pair(buffer_bytes);
  auto [plain_end, far] = local_pair(buffer_bytes);
  return {end{std::move(near), std::make_unique<tls_bridge>(std::move(tls_end), std::move(plain_end), how)},
          std::move(far)};
}

tls::connection tls::join(boost::asio::io_context& io, end of) {
  tls_session session{std::move(of.near), trusting(), "localhost"};
  static_cast<void>(blocking::handshake(session, {.timeout = std::chrono::minutes{1}}).value());
  return {io, std::move(session), std::move(of.peer)};
}

}  // namespace trivium::test
