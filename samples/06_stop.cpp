// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// 06_stop HOST PORT [SECONDS]
//
// A browser's Stop button: Enter cancels a connect before it has completed. The main thread sleeps in
// connect. A second thread waits for the key and requests the stop. To see it, connect to an address that
// never answers, such as 192.0.2.1, which is reserved for documentation. Exit status: 0 connected, 1 failed,
// 3 stopped.

#include <unistd.h>

#include <chrono>
#include <iostream>
#include <stop_token>
#include <thread>
#include <trivium/blocking.hpp>

#include "arguments.hpp"

int main(int argc, char** argv) {
  arguments const given{argc, argv, "HOST PORT [SECONDS]", "Gives up after SECONDS (60)."};
  auto const where = given.get("HOST") + ':' + given.get("PORT");
  auto const timeout = given.seconds("SECONDS", 60);

  // The thread is detached, since only a key ends its read. So it has its own copy of the stop source, and it
  // does not use std::cin, which must not be in use when the program ends.
  std::stop_source stop;
  std::thread{[stop]() mutable {
    char key;
    if (::read(STDIN_FILENO, &key, 1) == 1) stop.request_stop();
  }}.detach();

  std::cout << "connecting to " << where << "; press Enter to stop" << std::endl;
  auto const begin = trivium::now();
  auto const token = stop.get_token();
  auto const peer =
      trivium::blocking::connect(given.get("HOST"), given.get("PORT"), {.timeout = timeout, .stop = token});
  std::chrono::duration<double> const took = trivium::now() - begin;

  if (peer) {
    std::cout << "connected to " << where << " after " << took.count() << " s\n";
    return 0;
  }
  if (peer.error() == trivium::errc::stopped) {
    std::cout << "stopped after " << took.count() << " s; nothing is left of the connection\n";
    return 3;
  }
  std::cerr << "cannot connect to " << where << " in " << took.count() << " s: " << peer.error().message()
            << "; check the address, or try again with more SECONDS\n";
  return 1;
}
