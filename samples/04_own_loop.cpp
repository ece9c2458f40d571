// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// 04_own_loop HOST PORT [SECONDS]
//
// The same client for a program with an event loop of its own, as games, Qt and epoll programs have: none of
// the three ways waits, the loop itself advances the `transfer`. Here the loop waits in poll for the
// connection, for the keyboard, and for the time at which other work is due. Enter shows how many bytes are
// sent. Start `receive 12345 --wait` first, to have time to press it.

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>
#include <trivium/blocking.hpp>

#include "arguments.hpp"
#include "hello_python.hpp"
#include "other_work.hpp"

using namespace std::chrono_literals;

constexpr std::size_t budget = 1 << 20;  // bytes for each advance: limits how long the other work waits

int upload(std::string const& host, std::string const& port, std::string const& data,
           std::chrono::duration<double> timeout) {
  auto const failed = [&](std::string const& what, trivium::error_code const& why, char const* advice) {
    std::cerr << host << ':' << port << ": " << what << ": " << why.message() << "; " << advice << '\n';
    return 1;
  };

  auto peer = trivium::blocking::connect(host, port, {.timeout = timeout});
  if (!peer)
    return failed("cannot connect", peer.error(), "check HOST and PORT, and that a receiver runs there");

  other_work work;
  auto work_due = trivium::now();
  pollfd keyboard{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  trivium::transfer sending{*peer, trivium::sending(data), {.stall_timeout = timeout}};
  for (auto how = sending.advance(budget); how != trivium::progress::done; how = sending.advance(budget)) {
    if (auto const now = trivium::now(); now >= work_due) {
      work();
      work_due = now + 10ms;
    }

    // After progress::yielded there may be space for more data: poll without waiting. After progress::pending
    // wait until there is something to do.
    bool const would_block = how == trivium::progress::pending;
    auto const wake = would_block ? std::min(sending.due(), work_due) : trivium::now();
    auto const interest = sending.interest();
    pollfd ready[] = {keyboard, {.fd = interest.descriptor, .events = interest.poll_events(), .revents = 0}};
    ::poll(ready, 2, trivium::poll_timeout(wake));

    if (ready[0].revents != 0) {
      char keys[64];
      bool const pressed = ::read(STDIN_FILENO, keys, sizeof keys) > 0;
      if (!pressed) keyboard.fd = -1;  // end of input: poll ignores a negative descriptor
      if (pressed)
        std::cout << sending.result().bytes << " of " << data.size() << " bytes are sent" << std::endl;
    }
  }
  auto const sent = sending.result();
  if (sent.error)
    return failed("sent exactly " + std::to_string(sent.bytes) + " bytes", sent.error,
                  "see what the receiver says");

  auto const finished = trivium::blocking::finish(*peer, {.stall_timeout = timeout});
  if (finished.error) return failed("did not take all of it", finished.error, "see what the receiver says");

  std::cout << "sent " << sent.bytes << " bytes to " << host << ':' << port << '\n';
  std::cout << work << '\n';
  return 0;
}

int main(int argc, char** argv) {
  arguments const given{argc, argv, "HOST PORT [SECONDS]", "Gives up when nothing goes on for SECONDS (10)."};
  return upload(given.get("HOST"), given.get("PORT"), hello_python(), given.seconds("SECONDS", 10));
}
