// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <certificates.hpp>
#include <tls_transport.hpp>
#include <trivium/tls/stream.hpp>

#include "carrying.hpp"

namespace trivium::fuzz {
namespace {

tls_server_context const& serving() {
  static auto const made = [] {
    auto const& good = test::certificates::here().good;
    return tls_server_context::make({.certificate_file = good.certificate_file, .key_file = good.key_file})
        .value();
  }();
  return made;
}

}  // namespace

void prepare_tls() {
  static_cast<void>(test::trusting());
  static_cast<void>(serving());
}

void carry_over_tls(socket near, bool client, carriage const& how, direction& sends, direction& receives,
                    record& to) {
  carry_over(how, sends, receives, to, [&](boost::asio::io_context& io) {
    auto session = client ? tls_session{std::move(near), test::trusting(), "localhost"}
                          : tls_session{std::move(near), serving()};
    return tls_stream{std::move(session), io.get_executor()};
  });
}

}  // namespace trivium::fuzz
