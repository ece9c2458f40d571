// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// closed_socket WAY: passes a closed socket to every verb of a way, and says what comes of it. Status 1, as
// it should be: all of them failed.

#include <boost/asio/io_context.hpp>
#include <iostream>
#include <string>
#include <trivium/trivium.hpp>

namespace {

std::string const data = "Hello Python\n";
std::string buffer(100, ' ');

struct blocking {
  static auto send_some(trivium::socket& to) { return trivium::blocking::send_some(to, data); }
  static auto send_all(trivium::socket& to) { return trivium::blocking::send_all(to, data); }
  static auto receive_some(trivium::socket& from) { return trivium::blocking::receive_some(from, buffer); }
  static auto receive_all(trivium::socket& from) { return trivium::blocking::receive_all(from, buffer); }
  static auto finish(trivium::socket& with) { return trivium::blocking::finish(with); }
  static auto accept(trivium::socket& at) { return trivium::blocking::accept(at).error(); }
};

struct nonblocking {
  static constexpr auto how = trivium::retry::poll;
  static auto send_some(trivium::socket& to) { return trivium::nonblocking::send_some(to, data); }
  static auto send_all(trivium::socket& to) { return trivium::nonblocking::send_all(to, data, how); }
  static auto receive_some(trivium::socket& from) { return trivium::nonblocking::receive_some(from, buffer); }
  static auto receive_all(trivium::socket& from) {
    return trivium::nonblocking::receive_all(from, buffer, how);
  }
  static auto finish(trivium::socket& with) { return trivium::nonblocking::finish(with, how); }
  static auto accept(trivium::socket& at) { return trivium::nonblocking::accept(at, how).error(); }
};

struct async {
  template <class Start>
  static trivium::transfer_result run(Start start) {
    boost::asio::io_context loop;
    trivium::stream closed{trivium::socket{}, loop.get_executor()};
    trivium::transfer_result result;
    start(closed, [&](trivium::transfer_result how) { result = how; });
    loop.run();
    return result;
  }
  static auto send_some(trivium::socket&) {
    return run([](auto& to, auto then) { trivium::async::send_some(to, data, then); });
  }
  static auto send_all(trivium::socket&) {
    return run([](auto& to, auto then) { trivium::async::send_all(to, data, then); });
  }
  static auto receive_some(trivium::socket&) {
    return run([](auto& from, auto then) { trivium::async::receive_some(from, buffer, then); });
  }
  static auto receive_all(trivium::socket&) {
    return run([](auto& from, auto then) { trivium::async::receive_all(from, buffer, then); });
  }
  static auto finish(trivium::socket&) {
    return run([](auto& with, auto then) { trivium::async::finish(with, then); });
  }
  static auto accept(trivium::socket& at) {
    boost::asio::io_context loop;
    trivium::error_code why;
    trivium::async::accept(loop.get_executor(), at,
                           [&](trivium::error_code error, trivium::socket) { why = error; });
    loop.run();
    return why;
  }
};

template <class Way>
bool all_fail(std::string const& way) {
  trivium::socket closed;
  bool failed = true;
  auto const say = [&](char const* verb, trivium::transfer_result const& result) {
    std::cerr << way << "::" << verb << ": " << result.error.message() << " after exactly " << result.bytes
              << " bytes\n";
    failed = failed && result.error;
  };
  say("send_some", Way::send_some(closed));
  say("send_all", Way::send_all(closed));
  say("receive_some", Way::receive_some(closed));
  say("receive_all", Way::receive_all(closed));
  say("finish", Way::finish(closed));
  say("accept", {.error = Way::accept(closed)});
  return failed;
}

}  // namespace

int main(int argc, char** argv) {
  std::string const way = argc == 2 ? argv[1] : "";
  if (way == "blocking") return all_fail<blocking>(way) ? 1 : 0;
  if (way == "nonblocking") return all_fail<nonblocking>(way) ? 1 : 0;
  if (way == "async") return all_fail<async>(way) ? 1 : 0;
  std::cerr << "usage: closed_socket blocking|nonblocking|async\n";
  return 2;
}
