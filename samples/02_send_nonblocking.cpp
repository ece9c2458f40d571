// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// 02_send_nonblocking HOST PORT [SECONDS] [--once]
//
// The same client, but its thread does other work while the connection cannot take more data. It first shows
// what happens without a second attempt: one non-blocking send takes only as much as fits into the buffers.
// With --once it stops there, and the receiver prints "all received" although it has only a part. Start
// `receive 12345 --wait` first.

#include <chrono>
#include <iostream>
#include <string>
#include <string_view>
#include <trivium/nonblocking.hpp>

#include "arguments.hpp"
#include "hello_python.hpp"
#include "other_work.hpp"

int upload(std::string const& host, std::string const& port, std::string const& data,
           std::chrono::duration<double> timeout, bool once) {
  auto const failed = [&](std::string const& what, trivium::error_code const& why, char const* advice) {
    std::cerr << host << ':' << port << ": " << what << ": " << why.message() << "; " << advice << '\n';
    return 1;
  };
  other_work work;
  auto const meanwhile = trivium::retry::call([&] { work(); });

  auto peer = trivium::nonblocking::connect(host, port, meanwhile, {.timeout = timeout});
  if (!peer)
    return failed("cannot connect", peer.error(), "check HOST and PORT, and that a receiver runs there");

  // One attempt. It is not an error that it could not take all the data, nor that it took nothing
  // (would_block).
  auto const first = trivium::nonblocking::send_some(*peer, data);
  if (!first.connection_usable()) return failed("sent nothing", first.error, "see what the receiver says");
  std::cout << "one send took " << first.bytes << " of " << data.size() << " bytes" << std::endl;
  if (once) return 0;

  // Another attempt after each piece of other work, until all the data is sent.
  auto const rest = std::string_view{data}.substr(first.bytes);
  auto const sent = trivium::nonblocking::send_all(*peer, rest, meanwhile, {.stall_timeout = timeout});
  auto const bytes = first.bytes + sent.bytes;
  if (sent.error)
    return failed("sent exactly " + std::to_string(bytes) + " bytes", sent.error,
                  "see what the receiver says");

  auto const finished = trivium::nonblocking::finish(*peer, meanwhile, {.stall_timeout = timeout});
  if (finished.error) return failed("did not take all of it", finished.error, "see what the receiver says");

  std::cout << "sent " << bytes << " bytes to " << host << ':' << port << '\n';
  std::cout << work << '\n';
  return 0;
}

int main(int argc, char** argv) {
  arguments const given{argc, argv, "HOST PORT [SECONDS] [--once]",
                        "Gives up when nothing goes on for SECONDS (10). --once makes one attempt."};
  return upload(given.get("HOST"), given.get("PORT"), hello_python(), given.seconds("SECONDS", 10),
                given.has("--once"));
}
