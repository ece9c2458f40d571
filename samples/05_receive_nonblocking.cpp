// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// 05_receive_nonblocking PORT [--write FILE]
//
// `receive` in the nonblocking way: while there is no connection yet, or no data to receive, the thread does
// other work. Writes the received data to FILE. Start it, do something else, then start one of the clients.

#include <fstream>
#include <iostream>
#include <trivium/nonblocking.hpp>
#include <vector>

#include "arguments.hpp"
#include "other_work.hpp"

int main(int argc, char** argv) {
  arguments const given{argc, argv, "PORT [--write FILE]",
                        "PORT 0 is any that is free. --write keeps what arrives."};
  auto const file = given.get("--write", "/dev/null");
  std::ofstream kept{file, std::ios::binary};
  if (!kept) {
    std::cerr << "cannot write " << file << "; choose another file\n";
    return 1;
  }

  auto const at = trivium::endpoint::tcp("127.0.0.1", given.port("PORT")).value();
  auto listening = trivium::listen(at);
  if (!listening) {
    std::cerr << "cannot listen on " << at.to_string() << ": " << listening.error().message()
              << "; choose another address or port (0: one that is free)\n";
    return 1;
  }
  std::cout << "listening on " << listening->local_endpoint().value().to_string() << std::endl;

  other_work work;
  auto peer = trivium::nonblocking::accept(*listening, trivium::retry::call([&] { work(); }));
  if (!peer) {
    std::cerr << "cannot accept on " << at.to_string() << ": " << peer.error().message() << "; start again\n";
    return 1;
  }
  auto const from = peer->remote_endpoint();
  auto const who = from ? from->to_string() : "a peer that is gone";

  std::vector<char> buffer(1 << 20);
  std::size_t bytes = 0;
  std::size_t found_nothing = 0;
  for (;;) {
    auto const received = trivium::nonblocking::receive_some(*peer, buffer);
    if (received.error == trivium::errc::would_block) {
      if (++found_nothing == 1) std::cout << "nothing from " << who << " yet; going on" << std::endl;
      work();
      continue;
    }
    if (received.error == trivium::errc::end_of_file) break;
    if (received.error) {
      std::cerr << "lost " << who << " after exactly " << bytes << " bytes: " << received.error.message()
                << "; what is missing has to be sent again\n";
      return 1;
    }
    bytes += received.bytes;
    if (!kept.write(buffer.data(), static_cast<std::streamsize>(received.bytes))) break;
  }
  if (!kept.flush()) {
    std::cerr << "cannot write all of " << file << "; is the disk full?\n";
    return 1;
  }
  std::cout << "all received from " << who << ": " << bytes << " bytes\n";
  std::cout << "found nothing " << found_nothing << " times; " << work << '\n';
}
