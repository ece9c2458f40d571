// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// 11_send_file HOST PORT FILE [SECONDS] [--from BYTE]
//
// Sends a file, and waits until the peer has received all of it. The kernel sends the file's pages: they are
// not copied to the program. Gives up if there is no progress for SECONDS (10), and prints the byte at which
// to go on with --from.

#include <chrono>
#include <cstdint>
#include <iostream>
#include <limits>
#include <string>
#include <trivium/blocking.hpp>

#include "arguments.hpp"

int main(int argc, char** argv) {
  arguments const given{argc, argv, "HOST PORT FILE [SECONDS] [--from BYTE]",
                        "Gives up when nothing goes on for SECONDS (10); sends from BYTE (0)."};
  auto const where = given.get("HOST") + ':' + given.get("PORT");
  auto const path = given.get("FILE");
  auto const timeout = given.seconds("SECONDS", 10);
  auto const from = given.number<std::uint64_t>("--from", 0, 0, std::numeric_limits<std::int64_t>::max());

  trivium::file_source file{path, {.offset = from}};
  if (file.error()) {
    std::cerr << "cannot read " << path << ": " << file.error().message() << "; check FILE\n";
    return 1;
  }
  auto peer = trivium::blocking::connect(given.get("HOST"), given.get("PORT"), {.timeout = timeout});
  if (!peer) {
    std::cerr << where << ": cannot connect: " << peer.error().message()
              << "; check HOST and PORT, and that a receiver runs there\n";
    return 1;
  }

  auto const sent = trivium::blocking::send_file(*peer, std::move(file), {.stall_timeout = timeout});
  if (sent.error) {
    std::cerr << where << ": sent exactly " << sent.bytes << " bytes of " << path << ": "
              << sent.error.message() << "; what the peer has received can be continued with --from BYTE\n";
    return 1;
  }
  auto const finished = trivium::blocking::finish(*peer, {.stall_timeout = timeout});
  if (finished.error) {
    std::cerr << where << ": " << finished.bytes << " bytes have not arrived: " << finished.error.message()
              << "; see what the receiver says\n";
    return 1;
  }
  std::cout << "sent " << sent.bytes << " bytes of " << path << " to " << where << '\n';
  return 0;
}
