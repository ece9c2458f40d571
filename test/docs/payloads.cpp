// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What docs/ways.md shows of files, functions and relays compiles.

#include <chrono>
#include <cstddef>
#include <iostream>
#include <span>
#include <trivium/trivium.hpp>

using namespace std::chrono_literals;

namespace shown {

void files(trivium::stream& peer, trivium::transfer_result& sent, trivium::transfer_result& received) {
  // page begins here
  sent = trivium::blocking::send_file(peer, "disk.img", {.stall_timeout = 10s});
  received = trivium::blocking::receive_file(peer, "upload.part", {.stall_timeout = 10s});
  // page ends here
  // page begins here
  if (sent.error == trivium::errc::stalled)
    sent += trivium::blocking::send_file(peer, {"disk.img", {.offset = sent.bytes}}, {.stall_timeout = 10s});
  // page ends here
}

void functions(trivium::stream& peer, trivium::transfer_result& sent, trivium::transfer_result& received,
               std::size_t (*next)(std::span<std::byte>), void (*hash)(std::span<std::byte const>)) {
  // page begins here
  sent = trivium::blocking::send(peer,
                                 trivium::generator{[&](std::span<std::byte> room) { return next(room); }});
  received = trivium::blocking::receive(
      peer, trivium::consumer{[&](std::span<std::byte const> bytes) { hash(bytes); }});
  received = trivium::blocking::receive(peer, trivium::discard{1'000'000});
  // page ends here
}

void paces(trivium::stream& peer, trivium::transfer_result& sent) {
  // page begins here
  sent = trivium::blocking::send(peer, trivium::paced{trivium::file_source{"disk.img"}, 10'000'000});
  sent = trivium::blocking::send(
      peer, trivium::observed{trivium::file_source{"disk.img"}, [](trivium::transfer_status const& at) {
                                std::cout << at.bytes << " bytes\n";
                              }});
  // page ends here
}

trivium::transfer_result relays(trivium::stream& client, trivium::stream& server) {
  // page begins here
  auto const forth = trivium::blocking::relay(client, server, {.stall_timeout = 60s});
  // page ends here
  if (forth.error) return forth;
  // page begins here
  trivium::relay_source upstream{client};
  auto moved = trivium::blocking::send(server, trivium::borrow(upstream), {.timeout = 30s});
  if (moved.error == trivium::errc::timed_out)
    moved += trivium::blocking::send(server, trivium::borrow(upstream), {.timeout = 30s});
  // page ends here
  return moved;
}

}  // namespace shown
