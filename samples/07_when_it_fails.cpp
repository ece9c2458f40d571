// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// 07_when_it_fails HOST PORT [--timeout SECONDS] [--stall SECONDS] [--rate BYTES] [--tries TIMES]
//
// What can end a transfer, and what to do then. A limit of the caller's leaves the connection usable: this
// client prints which limit ended the transfer, and continues at exactly the next byte, TIMES (3) in all. An
// error from the kernel (a reset, a network failure) ends the connection; then the count is the number of
// bytes that were passed to the kernel. Try it with `receive 12345 --wait`.

#include <chrono>
#include <cstdint>
#include <iostream>
#include <string_view>
#include <trivium/blocking.hpp>

#include "arguments.hpp"
#include "hello_python.hpp"

int main(int argc, char** argv) {
  arguments const given{argc, argv,
                        "HOST PORT [--timeout SECONDS] [--stall SECONDS] [--rate BYTES] [--tries TIMES]",
                        "Makes up to --tries (3). One ends after --timeout (60 s), after --stall (10 s) in "
                        "which the peer takes\n"
                        "nothing, or where it takes less than --rate bytes a second (0: no such limit)."};
  auto const where = given.get("HOST") + ':' + given.get("PORT");
  auto const timeout = given.seconds("--timeout", 60);
  auto const tries = given.number("--tries", 3, 1, 1'000'000);
  trivium::limits const limits{
      .timeout = timeout,                             // of each transfer, even if it makes progress
      .stall_timeout = given.seconds("--stall", 10),  // while the peer takes no bytes at all
      .min_rate = {given.number<std::uint64_t>("--rate", 0, 0, UINT64_MAX)},  // in any 5 s; 0: no such limit
  };

  auto peer = trivium::blocking::connect(given.get("HOST"), given.get("PORT"), {.timeout = timeout});
  if (!peer) {
    std::cerr << "cannot connect to " << where << ": " << peer.error().message()
              << "; check the address, and that a receiver runs there\n";
    return 1;
  }

  auto const data = hello_python();
  std::size_t bytes = 0;
  for (int left = tries; bytes != data.size(); --left) {
    auto const sent = trivium::blocking::send_all(*peer, std::string_view{data}.substr(bytes), limits);
    bytes += sent.bytes;
    if (!sent.error) break;
    if (!sent.connection_usable()) {
      std::cerr << "lost " << where << " after exactly " << bytes << " bytes: " << sent.error.message()
                << "; connect again, and ask the peer how much of it has arrived\n";
      return 1;
    }
    if (left == 1) {
      std::cerr << "gave up on " << where << " after exactly " << bytes << " bytes: " << sent.error.message()
                << "; allow more with --timeout, --stall or --tries\n";
      return 1;
    }
    std::cout << "at byte " << bytes << ": " << sent.error.message() << "; going on" << std::endl;
  }

  // All bytes have been passed to the kernel. `finish` waits until the peer has received them.
  auto const finished = trivium::blocking::finish(*peer, {.timeout = timeout});
  if (finished.error) {
    std::cerr << where << " has not taken all " << bytes << " bytes: " << finished.error.message()
              << "; ask the peer how much of it has arrived\n";
    return 1;
  }
  std::cout << "sent " << bytes << " bytes to " << where << '\n';
}
