// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The program that README.md and docs/start.md show.

// page begins here
#include <chrono>
#include <iostream>
#include <string>
#include <trivium/blocking.hpp>

int main() {
  using namespace std::chrono_literals;
  auto peer = trivium::blocking::connect("127.0.0.1", 12345, {.timeout = 5s});
  if (!peer) {
    std::cerr << "not connected: " << peer.error().message() << '\n';
    return 1;
  }
  std::string const data(100'000'000, 'x');
  auto const sent = trivium::blocking::send_all(*peer, data, {.timeout = 30s});
  std::cout << sent.bytes << " bytes: " << sent.error.message() << '\n';
}
// page ends here
