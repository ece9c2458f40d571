// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// 01_send_blocking HOST PORT [SECONDS]
//
// The first client: connects, sends 136,314,880 bytes, and waits until the peer has received all of them. The
// thread sleeps in the kernel meanwhile. It gives up if there is no progress for SECONDS (10). Start `receive
// 12345` first.

// page begins here
#include <chrono>
#include <iostream>
#include <string>
#include <trivium/blocking.hpp>

int upload(std::string const& host, std::string const& port, std::string const& data,
           std::chrono::duration<double> timeout) {
  auto const failed = [&](std::string const& what, trivium::error_code const& why, char const* advice) {
    std::cerr << host << ':' << port << ": " << what << ": " << why.message() << "; " << advice << '\n';
    return 1;
  };

  auto peer = trivium::blocking::connect(host, port, {.timeout = timeout});
  if (!peer)
    return failed("cannot connect", peer.error(), "check HOST and PORT, and that a receiver runs there");

  auto const sent = trivium::blocking::send_all(*peer, data, {.stall_timeout = timeout});
  if (sent.error)
    return failed("sent exactly " + std::to_string(sent.bytes) + " bytes", sent.error,
                  "see what the receiver says");

  auto const finished = trivium::blocking::finish(*peer, {.stall_timeout = timeout});
  if (finished.error) return failed("did not take all of it", finished.error, "see what the receiver says");

  std::cout << "sent " << sent.bytes << " bytes to " << host << ':' << port << '\n';
  return 0;
}
// page ends here

#include "arguments.hpp"
#include "hello_python.hpp"

int main(int argc, char** argv) {
  arguments const given{argc, argv, "HOST PORT [SECONDS]", "Gives up when nothing goes on for SECONDS (10)."};
  return upload(given.get("HOST"), given.get("PORT"), hello_python(), given.seconds("SECONDS", 10));
}
