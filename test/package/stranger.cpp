// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A program of somebody else's, who has only what was installed: it sends bytes to itself in each of the
// three ways, and ends with 0 if all of them arrived.
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <iostream>
#include <string_view>
#include <thread>
#include <trivium/trivium.hpp>
#include <vector>

namespace {

using namespace std::chrono_literals;

// More than a socket's buffers hold, so that each way has to wait.
constexpr std::size_t size = 32 << 20;
constexpr trivium::limits soon{.timeout = 30s};

bool arrives(std::string_view way,
             std::function<trivium::transfer_result(trivium::socket, std::vector<std::byte> const&)> send) {
  auto listening = trivium::listen(trivium::endpoint::tcp("127.0.0.1", 0).value()).value();
  auto sender = trivium::blocking::connect(listening.local_endpoint().value(), soon).value();
  auto receiver = trivium::blocking::accept(listening, soon).value();

  std::vector<std::byte> const sent(size, std::byte{0x5a});
  std::vector<std::byte> arrived(size);
  trivium::transfer_result received;
  {
    std::jthread const reader{[&] { received = trivium::blocking::receive_all(receiver, arrived, soon); }};
    auto const result = send(std::move(sender), sent);
    if (result.error || result.bytes != size) {
      std::cerr << way << ": " << result.error.message() << " after " << result.bytes << " bytes\n";
      return false;
    }
  }
  if (received.error || !std::ranges::equal(sent, arrived)) {
    std::cerr << way << ": " << received.bytes << " of " << size << " bytes arrived\n";
    return false;
  }
  return true;
}

}  // namespace

int main() {
  bool const all =
      arrives("blocking", [](trivium::socket to,
                             auto const& bytes) { return trivium::blocking::send_all(to, bytes, soon); }) &&
      arrives("nonblocking",
              [](trivium::socket to, auto const& bytes) {
                return trivium::nonblocking::send_all(to, bytes, trivium::retry::poll, soon);
              }) &&
      arrives("async", [](trivium::socket to, auto const& bytes) {
        boost::asio::io_context loop;
        trivium::stream there{std::move(to), loop.get_executor()};
        trivium::transfer_result sent;
        trivium::async::send_all(there, bytes, soon, [&](trivium::transfer_result result) { sent = result; });
        loop.run();
        return sent;
      });
  return all ? 0 : 1;
}
