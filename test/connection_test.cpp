// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/connection.hpp>

#include <array>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/test/unit_test.hpp>
#include <printing.hpp>
#include <scripted_channel.hpp>
#include <string>
#include <transports.hpp>
#include <trivium/stream.hpp>

using namespace trivium;
using namespace trivium::test;
namespace asio = boost::asio;

static_assert(connection<trivium::socket>);
static_assert(connection<stream>);
static_assert(connection<asio::ip::tcp::socket>);
static_assert(connection<asio::local::stream_protocol::socket>);
static_assert(connection<asio::generic::stream_protocol::socket>);
static_assert(connection<scripted_channel>);
static_assert(connection<channel>);

static_assert(!connection<trivium::socket const>, "sending changes what is sent on");
static_assert(!connection<int>);
static_assert(!connection<std::string>);
static_assert(!has_descriptor<scripted_channel>, "a channel need not have one");

BOOST_AUTO_TEST_CASE(a_descriptor_becomes_a_channel_of_it) {
  auto [near, far] = local_pair();
  std::array<char, 3> out{'a', 'b', 'c'}, in{};
  iovec const from[] = {{out.data(), out.size()}};
  auto const sent = channel_of(near).with([&](channel& to) { return to.send(from, may_block::no); });
  BOOST_TEST(sent.bytes == 3u);
  iovec into[] = {{in.data(), in.size()}};
  auto const received = channel_of(far).with([&](channel& of) { return of.receive(into, may_block::no); });
  BOOST_TEST(received.bytes == 3u);
  BOOST_TEST(in == out);
}

BOOST_AUTO_TEST_CASE(a_channel_is_borrowed_as_it_is) {
  auto ready = ever_ready();
  auto any = channel_of(ready);
  BOOST_TEST(any.with([&](channel& it) { return &it == &ready; }));
  auto moved = std::move(any);
  BOOST_TEST(moved.with([&](channel& it) { return &it == &ready; }));
}
