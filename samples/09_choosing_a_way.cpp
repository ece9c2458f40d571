// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// 09_choosing_a_way [WAY]
//
// All three ways, selected by one argument, and timed: sends 136,314,880 bytes to a second thread in the
// given WAY (blocking, nonblocking or async; without an argument all three, one after the other), and prints
// the time, the waits and the system calls. A single run proves little. To choose a way run bench/run, which
// repeats the measurements, compares the ways, and reports confidence intervals.

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <iomanip>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <trivium/trivium.hpp>
#include <vector>

#include "arguments.hpp"
#include "hello_python.hpp"

trivium::transfer_result send(std::string_view way, trivium::socket peer, std::string const& data) {
  if (way == "blocking") return trivium::blocking::send_all(peer, data);
  if (way == "nonblocking") return trivium::nonblocking::send_all(peer, data, trivium::retry::poll);

  boost::asio::io_context loop;
  trivium::stream there{std::move(peer), loop.get_executor()};
  trivium::transfer_result result;
  trivium::async::send_all(there, data, [&](trivium::transfer_result sent) { result = sent; });
  loop.run();
  return result;
}

trivium::transfer_result receive(trivium::socket& listening, std::size_t size) {
  auto peer = trivium::blocking::accept(listening);
  if (!peer) return {.error = peer.error()};
  std::vector<char> buffer(size);
  return trivium::blocking::receive_all(*peer, buffer);
}

void time(std::string const& way, std::string const& data) {
  auto listening = trivium::listen(trivium::endpoint::tcp("127.0.0.1", 0).value()).value();
  auto peer = trivium::blocking::connect(listening.local_endpoint().value()).value();

  trivium::transfer_result received;
  trivium::transfer_result sent;
  auto const begin = trivium::now();
  {
    std::jthread const receiver{[&] { received = receive(listening, data.size()); }};
    sent = send(way, std::move(peer), data);
  }
  std::chrono::duration<double, std::milli> const took = trivium::now() - begin;
  std::chrono::duration<double, std::milli> const waited = sent.waited;
  if (sent.value() != received.value()) throw std::runtime_error{"the counts differ"};

  std::cout << std::left << std::setw(12) << way << std::right << std::fixed << std::setprecision(1)
            << std::setw(8) << took.count() << " ms, of it waited" << std::setw(8) << waited.count()
            << " ms in" << std::setw(6) << sent.waits << " waits;" << std::setw(6) << sent.calls
            << " system calls sent " << sent.bytes << " bytes\n";
}

int main(int argc, char** argv) {
  arguments const given{argc, argv, "[WAY]",
                        "WAY is blocking, nonblocking or async; all, one after the other, if none is given."};
  std::vector<std::string> ways{"blocking", "nonblocking", "async"};
  if (given.has("WAY")) ways = {given.one_of("WAY", ways, "")};
  auto const data = hello_python();
  for (auto const& way : ways) {
    try {
      time(way, data);
    } catch (std::exception const& failure) {
      std::cerr << way << " over 127.0.0.1 failed: " << failure.what() << "; is loopback up?\n";
      return 1;
    }
  }
}
