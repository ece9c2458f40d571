// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A listener under test, and those who call it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <optional>
#include <stop_token>
#include <thread>
#include <trivium/async.hpp>
#include <trivium/blocking.hpp>
#include <trivium/listener.hpp>
#include <trivium/nonblocking.hpp>
#include <utility>

namespace trivium::test {

inline error_code kernels(int code) {
  return {code, boost::system::system_category()};
}
inline endpoint loopback(char const* address = "127.0.0.1") {
  return endpoint::tcp(address, 0).value();
}

struct with_listener {
  boost::asio::io_context io;
  std::optional<listener> at{listener::open(loopback(), io.get_executor()).value()};
  std::optional<error_code> told;
  socket accepted;

  socket calls() {
    return blocking::connect(at->local_endpoint().value(), {.timeout = std::chrono::minutes{1}}).value();
  }
  error_code told_by_accept() {
    error_code error;
    bool const is_open = at->accept(error).is_open();
    BOOST_TEST(is_open == !error);
    return error;
  }
  auto tells() {
    return [this](error_code error, socket near) {
      told = error;
      accepted = std::move(near);
    };
  }
  void run() {
    io.restart();
    io.run();
  }

  // One accept in each way, to its end.
  using accepts = result<socket> (*)(with_listener&, limits const&);
  static result<socket> blocks(with_listener& on, limits const& within) {
    return blocking::accept(*on.at, within);
  }
  static result<socket> retries(with_listener& on, limits const& within) {
    return nonblocking::accept(*on.at, retry::poll, within);
  }
  static result<socket> called_back(with_listener& on, limits const& within) {
    on.told.reset();
    async::accept(*on.at, within, on.tells());
    on.run();
    if (on.told.value()) return *on.told;
    return std::move(on.accepted);
  }
  static constexpr accepts all_ways[] = {blocks, retries, called_back};

  // Where nobody can be accepted.
  void is_ended_by_limits(accepts way) {
    auto const began = now();
    BOOST_TEST(way(*this, {.timeout = std::chrono::milliseconds{5}}).error() == errc::timed_out);
    BOOST_TEST((now() - began) >= std::chrono::milliseconds{5});
    BOOST_TEST(way(*this, {.timeout = std::chrono::seconds{0}}).error() == errc::would_block);
    std::stop_source stop;
    auto const token = stop.get_token();
    std::thread stopper{[&] { stop.request_stop(); }};
    BOOST_TEST(way(*this, {.timeout = std::chrono::minutes{1}, .stop = token}).error() == errc::stopped);
    stopper.join();
  }
};

}  // namespace trivium::test
