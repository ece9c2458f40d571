// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A stranger's program under -fno-exceptions: the two ways without an event loop, which report all that goes
// wrong as a value. It ends with 0 if the bytes arrived and a timeout was told.
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>
#include <trivium/blocking.hpp>
#include <trivium/nonblocking.hpp>

namespace boost {

// What Boost asks for where there are no exceptions: of `value()` without one, say.
void throw_exception(std::exception const& what) {
  std::cerr << what.what() << '\n';
  std::abort();
}
void throw_exception(std::exception const& what, boost::source_location const&) {
  throw_exception(what);
}

}  // namespace boost

int main() {
  using namespace std::chrono_literals;
  auto const here = trivium::endpoint::tcp("127.0.0.1", 0);
  auto listening = trivium::listen(*here);
  auto const address = listening->local_endpoint();
  auto near = trivium::blocking::connect(*address, {.timeout = 30s});
  auto far = trivium::blocking::accept(*listening, {.timeout = 30s});
  if (!near || !far) return 1;

  std::string const sent(4 << 20, 'x');
  std::string arrived(sent.size(), '\0');
  trivium::transfer_result received;
  trivium::transfer_result told;
  {
    std::jthread const reader{
        [&] { received = trivium::blocking::receive_all(*far, arrived, {.timeout = 30s}); }};
    told = trivium::nonblocking::send_all(*near, sent, trivium::retry::poll, {.timeout = 30s});
  }
  auto const silence = trivium::blocking::receive_some(*far, arrived, {.timeout = 10ms});
  std::cerr << told.error.message() << "; " << received.error.message() << "; " << silence.error.message()
            << '\n';
  return !told.error && !received.error && arrived == sent && silence.error == trivium::errc::timed_out ? 0
                                                                                                        : 1;
}
