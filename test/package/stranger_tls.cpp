// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A program of somebody else's, who has only what was installed and asked for TLS: it begins a session, and
// ends with 0 if the peer's silence and its sudden end are told as what they are.
#include <iostream>
#include <trivium/blocking.hpp>
#include <trivium/tls/session.hpp>

int main() {
  using namespace std::chrono_literals;
  auto const trusted = trivium::tls_client_context::make();
  if (!trusted) {
    std::cerr << trusted.error().message() << '\n';
    return 1;
  }
  auto listening = trivium::listen(trivium::endpoint::tcp("127.0.0.1", 0).value()).value();
  auto near = trivium::blocking::connect(listening.local_endpoint().value(), {.timeout = 30s}).value();
  auto far = trivium::blocking::accept(listening, {.timeout = 30s}).value();

  trivium::tls_session session{std::move(near), *trusted, "localhost"};
  auto const silence = trivium::blocking::handshake(session, {.timeout = 10ms});
  far.close();
  auto const end = trivium::blocking::handshake(session, {.timeout = 30s});
  std::cerr << silence.error.message() << "; " << end.error.message() << '\n';
  return silence.error == trivium::errc::timed_out && !end.connection_usable() ? 0 : 1;
}
