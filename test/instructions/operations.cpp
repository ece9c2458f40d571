// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// operations <arm> <count>: so many messages of 64 bytes there and back within one thread, for
// instructions_test.py to count what the program itself executes for each. What is sent always fits, and what
// is received has always arrived, so that every round is the same.

#include <sys/socket.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <trivium/trivium.hpp>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using unix_socket = asio::local::stream_protocol::socket;

std::array<char, 64> message{};

struct connection {
  connection() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
    near = trivium::socket{ends[0]};
    far = trivium::socket{ends[1]};
  }
  /// What the peer does, the same for every arm: sends back what it receives.
  void far_answers() const {
    std::array<char, message.size()> heard;
    if (::recv(far.native_handle(), heard.data(), heard.size(), 0) != heard.size()) std::abort();
    if (::send(far.native_handle(), heard.data(), heard.size(), 0) != heard.size()) std::abort();
  }
  trivium::socket near, far;
};

void expect(bool holds) {
  if (!holds) std::abort();
}

template <class Send, class Receive>
void rounds(long count, connection const& with, Send send, Receive receive) {
  for (long i = 0; i != count; ++i) {
    send();
    with.far_answers();
    receive();
  }
}

void posix(long count) {
  connection const with;
  int const fd = with.near.native_handle();
  rounds(
      count, with,
      [&] { expect(::send(fd, message.data(), message.size(), MSG_NOSIGNAL) == message.size()); },
      [&] { expect(::recv(fd, message.data(), message.size(), 0) == message.size()); });
}

void blocking(long count, trivium::limits const& limits) {
  connection with;
  rounds(
      count, with, [&] { expect(!trivium::blocking::send_all(with.near, message, limits).error); },
      [&] { expect(!trivium::blocking::receive_all(with.near, message, limits).error); });
}

void nonblocking(long count) {
  connection with;
  rounds(
      count, with, [&] { expect(!trivium::nonblocking::send_some(with.near, message).error); },
      [&] { expect(!trivium::nonblocking::receive_some(with.near, message).error); });
}

void nonblocking_all(long count) {
  connection with;
  rounds(
      count, with,
      [&] { expect(!trivium::nonblocking::send_all(with.near, message, trivium::retry::poll).error); },
      [&] { expect(!trivium::nonblocking::receive_all(with.near, message, trivium::retry::poll).error); });
}

template <class Stream>
void asio_blocking(long count, connection const& with, Stream& near) {
  rounds(
      count, with, [&] { asio::write(near, asio::buffer(message)); },
      [&] { asio::read(near, asio::buffer(message)); });
}

// The rounds on an event loop: each handler starts the next operation.
template <class Send, class Receive>
class chain {
 public:
  chain(long count, connection const& with, bool waits, Send send, Receive receive)
      : left_{count}, with_{&with}, waits_{waits}, send_{send}, receive_{receive} {}

  void next() {
    if (left_-- == 0) return;
    send_([this](auto const&... told) {
      expect_success(told...);
      if (!waits_) with_->far_answers();
      receive_([this](auto const&... came) {
        expect_success(came...);
        next();
      });
      if (waits_) with_->far_answers();
    });
  }

 private:
  static void expect_success(trivium::transfer_result const& told) { expect(!told.error); }
  static void expect_success(trivium::error_code error, std::size_t) { expect(!error); }

  long left_;
  connection const* with_;
  bool waits_;  // the answer comes when it is waited for
  Send send_;
  Receive receive_;
};

template <class Send, class Receive>
void on_loop(long count, connection const& with, bool waits, asio::io_context& io, Send send,
             Receive receive) {
  chain all{count, with, waits, send, receive};
  all.next();
  io.run();
}

template <class Stream>
void asio_async(long count, connection const& with, bool waits, asio::io_context& io, Stream& near) {
  on_loop(
      count, with, waits, io, [&](auto told) { asio::async_write(near, asio::buffer(message), told); },
      [&](auto told) { asio::async_read(near, asio::buffer(message), told); });
}

void async(long count, connection const& with, bool waits, asio::io_context& io, trivium::stream& near) {
  trivium::async::trampoline const here{io};
  on_loop(
      count, with, waits, io, [&](auto told) { trivium::async::send_all(near, message, told); },
      [&](auto told) { trivium::async::receive_all(near, message, told); });
}

bool run(std::string_view arm, long count) {
  if (arm == "posix") return posix(count), true;
  if (arm == "blocking") return blocking(count, {}), true;
  if (arm == "blocking.limits") {
    std::stop_source stop;
    auto const token = stop.get_token();
    blocking(count, {.timeout = 1h, .stall_timeout = 1h, .min_rate = {1}, .stop = token});
    return true;
  }
  if (arm == "nonblocking") return nonblocking(count), true;
  if (arm == "nonblocking.all") return nonblocking_all(count), true;

  constexpr std::string_view waiting = ".waiting";
  bool const waits = arm.ends_with(waiting);
  if (waits) arm.remove_suffix(waiting.size());
  asio::io_context io{1};
  connection with;
  if (arm == "asio.write" || arm == "asio.async_write") {
    unix_socket near{io, asio::local::stream_protocol{}, with.near.release()};
    arm == "asio.write" ? asio_blocking(count, with, near) : asio_async(count, with, waits, io, near);
    return true;
  }
  trivium::stream near{std::move(with.near), io.get_executor()};
  if (arm == "asio.write.stream") return asio_blocking(count, with, near), true;
  if (arm == "asio.async_write.stream") return asio_async(count, with, waits, io, near), true;
  if (arm == "async") return async(count, with, waits, io, near), true;
  return false;
}

}  // namespace

int main(int count, char** words) {
  if (count == 3 && run(words[1], std::atol(words[2]))) return 0;
  std::fprintf(stderr, "operations <arm> <count>\n");
  return 2;
}
