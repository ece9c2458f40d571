// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// receive PORT [--address ADDRESS] [--write FILE] [--wait]
//
// The receiver for the other samples: accepts one connection at ADDRESS (127.0.0.1) and PORT (0: the system
// chooses a free one), receives until the peer has finished, and prints the number of bytes. Writes the
// received data to FILE. With --wait it starts to receive only when Enter is pressed. Until then the data
// fills the buffers of both kernels, and then the sender has to wait.

#include <fstream>
#include <iostream>
#include <span>
#include <trivium/blocking.hpp>
#include <vector>

#include "arguments.hpp"

int main(int argc, char** argv) {
  arguments const given{
      argc, argv, "PORT [--address ADDRESS] [--write FILE] [--wait]",
      "Listens at --address (127.0.0.1) and PORT (0: any that is free). --write keeps what arrives,\n"
      "--wait begins to read only when Enter is pressed."};
  auto const file = given.get("--write", "/dev/null");
  std::ofstream kept{file, std::ios::binary};
  if (!kept) {
    std::cerr << "cannot write " << file << "; choose another file\n";
    return 1;
  }

  auto const address = given.get("--address", "127.0.0.1");
  auto const at = trivium::endpoint::tcp(address, given.port("PORT"));
  if (!at) {
    std::cerr << "'" << address << "' is no address of this machine; 0.0.0.0 and :: are all of them\n";
    return 1;
  }
  auto listening = trivium::listen(*at);
  if (!listening) {
    std::cerr << "cannot listen on " << at->to_string() << ": " << listening.error().message()
              << "; choose another address or port (0: one that is free)\n";
    return 1;
  }
  std::cout << "listening on " << listening->local_endpoint().value().to_string() << std::endl;

  auto peer = trivium::blocking::accept(*listening);
  if (!peer) {
    std::cerr << "cannot accept on " << at->to_string() << ": " << peer.error().message()
              << "; start again\n";
    return 1;
  }
  auto const from = peer->remote_endpoint();
  auto const who = from ? from->to_string() : "a peer that is gone";
  if (given.has("--wait")) {
    std::cout << who << " is connected; press Enter to begin to read" << std::endl;
    std::cin.get();
  }

  std::vector<char> buffer(1 << 20);
  std::size_t bytes = 0;
  for (;;) {
    auto const received = trivium::blocking::receive_some(*peer, buffer);
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
}
