// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A loop on which thousands of connections come and go: it holds no more after the last than after the first.

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>
#include <list>
#include <remains.hpp>
#include <transports.hpp>
#include <trivium/async.hpp>
#include <trivium/detail/async/set_policy.hpp>
#include <trivium/stream.hpp>
#include <trivium/trampoline.hpp>

using namespace trivium;
using namespace trivium::test;
namespace asio = boost::asio;

namespace {

// It is sent eight bytes and sends them back, a few times, and is destroyed when the far end leaves.
struct guest {
  guest(asio::io_context& io, std::pair<trivium::socket, trivium::socket> ends)
      : near{std::move(ends.first), io.get_executor()}, far{std::move(ends.second)} {
    receive();
  }
  void receive() {
    async::receive_all(near, asio::buffer(memory), [this](transfer_result const& got) {
      if (got.error) {
        ended = true;
        return;
      }
      async::send_all(near, asio::buffer(memory), [this](transfer_result const& sent) {
        if (sent.error)
          ended = true;
        else
          receive();
      });
    });
  }
  // Returns whether it has left.
  bool far_goes_on() {
    std::array<char, 8> message{};
    if (exchanged != 0 && ::recv(far.native_handle(), message.data(), message.size(), MSG_DONTWAIT) != 8)
      return false;
    if (exchanged++ != 3) {
      BOOST_REQUIRE(::send(far.native_handle(), message.data(), message.size(), MSG_NOSIGNAL) == 8);
      return false;
    }
    linger const at_once{1, 0};  // no address stays in use behind so many
    ::setsockopt(far.native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    far.close();
    return true;
  }

  std::array<char, 8> memory;
  stream near;
  trivium::socket far;
  int exchanged = 0;
  bool left = false, ended = false;
};

void come_and_go(detail::use_of_sets how, std::size_t connections) {
  auto const before = detail::sets_are_used.exchange(how);
  asio::io_context io{1};
  async::trampoline const here{io};
  std::list<guest> guests;
  auto const host = [&](std::size_t count) {
    constexpr std::size_t at_a_time = 50;
    for (std::size_t came = 0; came != count || !guests.empty();) {
      for (; came != count && guests.size() != at_a_time; ++came) guests.emplace_back(io, tcp_pair());
      for (auto& each : guests) each.left = each.left || each.far_goes_on();
      io.restart();
      io.poll();
      guests.remove_if([](guest const& each) { return each.ended; });
    }
  };
  host(500);
  auto const there = what_is_there();
  host(connections);
  expect_as(there);
  detail::sets_are_used = before;
}

}  // namespace

BOOST_AUTO_TEST_CASE(connections_that_come_and_go_in_the_set_leave_nothing) {
  come_and_go(detail::use_of_sets::always, 20'000);
}

BOOST_AUTO_TEST_CASE(connections_that_come_and_go_where_the_loop_chooses_leave_nothing) {
  come_and_go(detail::use_of_sets::adaptive, 10'000);
}
