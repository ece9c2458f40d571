// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <certificates.hpp>
#include <tls_transport.hpp>
#include <trivium/tls_stream.hpp>

#include "near_end.hpp"

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

void run_over_tls(plan const& how, record& to) {
  auto ends = test::tcp_pair(how.buffer_bytes);
  run_over(how, to, std::move(ends.second), [&](boost::asio::io_context& io) {
    auto session = how.far.server ? tls_session{std::move(ends.first), test::trusting(), "localhost"}
                                  : tls_session{std::move(ends.first), serving()};
    return tls_stream{std::move(session), io.get_executor()};
  });
}

}  // namespace trivium::fuzz
