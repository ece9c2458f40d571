// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Happy Eyeballs where packets really get lost. The program gives itself a network of its own, in which
// nothing leads anywhere: the loopback, a device that swallows what it is given, of either family, and no
// other. Where it must not do so, it says so and counts as skipped (77).

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>

#include <addresses.hpp>
#include <boost/test/unit_test.hpp>
#include <connects.hpp>
#include <cstring>
#include <faults.hpp>
#include <iostream>
#include <printing.hpp>
#include <thread>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;

namespace {

// Documentation's prefixes (RFC 5737, RFC 3849): nobody's, should they ever get out.
constexpr char const* swallowed_v4 = "198.51.100.1";
constexpr char const* swallowed_v6 = "2001:db8:1::1";
constexpr char const* unrouted_v6 = "2001:db8:2::1";

struct own_network {
  own_network() {
    must(::unshare(CLONE_NEWNET) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0,
         "have a network of its own");
    trivium::socket const v4{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    trivium::socket const v6{::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)};

    ifreq loopback{};
    std::strcpy(loopback.ifr_name, "lo");
    switch_on(v4, loopback);

    // What a TUN device is given waits for a program that reads it. This one never does.
    swallows_ = trivium::socket{::open("/dev/net/tun", O_RDWR | O_CLOEXEC)};
    must(swallows_.is_open(), "open /dev/net/tun");
    ifreq device{};
    device.ifr_flags = IFF_TUN | IFF_NO_PI;
    must(::ioctl(swallows_.native_handle(), TUNSETIFF, &device) == 0, "have a TUN device");
    switch_on(v4, device);

    // An address with its prefix is a route. (The kernel may still be looking whether somebody else has the
    // IPv6 one; then it sends from another, to the same place.)
    set(device.ifr_addr, "198.51.100.2");
    must(::ioctl(v4.native_handle(), SIOCSIFADDR, &device) == 0, "have an IPv4 address");
    set(device.ifr_netmask, "255.255.255.0");
    must(::ioctl(v4.native_handle(), SIOCSIFNETMASK, &device) == 0, "have an IPv4 route");
    must(::ioctl(v4.native_handle(), SIOCGIFINDEX, &device) == 0, "see its TUN device");
    struct {
      in6_addr address;
      std::uint32_t prefix_length;
      int index;
    } of_its_own{{}, 48, device.ifr_ifindex};
    ::inet_pton(AF_INET6, "2001:db8:1::2", &of_its_own.address);
    must(::ioctl(v6.native_handle(), SIOCSIFADDR, &of_its_own) == 0, "have an IPv6 address");
  }

 private:
  static void must(bool well, char const* what) {
    if (well) return;
    std::cerr << "skipped: it may not " << what << " here: " << std::strerror(errno)
              << "; run it as root, or where all may have user namespaces and /dev/net/tun\n";
    std::_Exit(77);
  }
  static void switch_on(trivium::socket const& v4, ifreq& device) {
    must(::ioctl(v4.native_handle(), SIOCGIFFLAGS, &device) == 0, "see its devices");
    device.ifr_flags |= IFF_UP;
    must(::ioctl(v4.native_handle(), SIOCSIFFLAGS, &device) == 0, "switch its devices on");
  }
  static void set(sockaddr& to, char const* address) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    ::inet_pton(AF_INET, address, &v4.sin_addr);
    std::memcpy(&to, &v4, sizeof v4);
  }

  trivium::socket swallows_;
};
BOOST_TEST_GLOBAL_FIXTURE(own_network);

endpoint at(char const* address, std::uint16_t port = 80) {
  return endpoint::tcp(address, port).value();
}
error_code kernels(int code) {
  return {code, boost::system::system_category()};
}

struct several_addresses {
  faults seam;
  std::vector<connect_attempt> attempts;
  std::size_t before = open_descriptors();

  connecting to(std::vector<endpoint> addresses, limits const& within, time_span delay = 100ms) {
    seam.names = [=](char const*, char const*, addrinfo** found) {
      return name_stands_for(addresses, found);
    };
    return {"several.test", "1", within, {.attempt_delay = delay, .attempts = &attempts}};
  }
  void left_nothing() { BOOST_TEST(open_at_most(before)); }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(the_routes_swallow_and_nothing_else_leads_anywhere, several_addresses) {
  for (auto const* swallowed : {swallowed_v4, swallowed_v6})
    BOOST_TEST(blocking::connect(at(swallowed), {.timeout = 50ms}).error() == errc::timed_out);
  BOOST_TEST(blocking::connect(at(unrouted_v6), {.timeout = 60s}).error() == kernels(ENETUNREACH));
}

BOOST_FIXTURE_TEST_CASE(beside_a_swallowed_address_one_of_the_other_family_wins, several_addresses) {
  for (auto const& [swallowed, wins] : {std::pair{swallowed_v6, "127.0.0.1"}, {swallowed_v4, "::1"}}) {
    auto const listening = listen(loopback_address(wins)).value();
    auto const there = listening.local_endpoint().value();
    before = open_descriptors();
    for (auto const way : all_ways) {
      auto const began = now();
      {
        auto const near = way(to({at(swallowed), there}, {.timeout = 60s}));
        BOOST_REQUIRE(near.has_value());
        BOOST_TEST(near->remote_endpoint().value() == there);
      }
      BOOST_TEST((now() - began) >= 100ms);
      BOOST_REQUIRE(attempts.size() == 2u);
      BOOST_TEST(attempts[0].error == errc::would_block);
      left_nothing();
    }
  }
}

// Two of the first family hang; the other family's only address is second, as the families take turns.
BOOST_FIXTURE_TEST_CASE(the_other_family_is_tried_before_the_second_of_the_first, several_addresses) {
  auto const listening = listen(loopback_address()).value();
  auto const there = listening.local_endpoint().value();
  before = open_descriptors();
  for (auto const way : all_ways) {
    BOOST_TEST(way(to({at(swallowed_v6), at(swallowed_v6, 81), there}, {.timeout = 60s})).has_value());
    BOOST_REQUIRE(attempts.size() == 2u);
    BOOST_TEST(attempts[1].to == there);
    left_nothing();
  }
}

// A machine without IPv6, as the kernel says it: no delay, which is an hour here.
BOOST_FIXTURE_TEST_CASE(an_address_without_a_route_is_followed_at_once, several_addresses) {
  auto const listening = listen(loopback_address()).value();
  before = open_descriptors();
  for (auto const way : all_ways) {
    BOOST_TEST(
        way(to({at(unrouted_v6), listening.local_endpoint().value()}, {.timeout = 60s}, 1h)).has_value());
    BOOST_REQUIRE(attempts.size() == 2u);
    BOOST_TEST(attempts[0].error == kernels(ENETUNREACH));
    left_nothing();
  }
}

BOOST_FIXTURE_TEST_CASE(a_refusal_tells_more_than_a_missing_route, several_addresses) {
  for (auto const way : all_ways) {
    BOOST_TEST(way(to({deserted(), at(unrouted_v6)}, {.timeout = 60s})).error() == kernels(ECONNREFUSED));
    BOOST_TEST(attempts.size() == 2u);
    left_nothing();
  }
}

BOOST_FIXTURE_TEST_CASE(a_timeout_ends_all_that_hang_and_each_is_told, several_addresses) {
  for (auto const way : all_ways) {
    auto const began = now();
    BOOST_TEST(way(to({at(swallowed_v6), deserted(), at(swallowed_v4)}, {.timeout = 1s})).error() ==
               errc::timed_out);
    BOOST_TEST((now() - began) >= 1s);
    BOOST_REQUIRE(attempts.size() == 3u);
    BOOST_TEST(attempts[0].error == errc::would_block);
    BOOST_TEST(attempts[1].error == kernels(ECONNREFUSED));
    BOOST_TEST(attempts[2].error == errc::would_block);
    left_nothing();
  }
}

BOOST_FIXTURE_TEST_CASE(a_stop_ends_all_that_hang, several_addresses) {
  for (auto const way : all_ways) {
    error_code came;
    std::thread{[&] {  // its eventfd goes with it
      std::stop_source stop;
      auto const token = stop.get_token();
      auto const asked = seam.sockets + 2;
      std::thread stopper{[&] {
        while (seam.sockets < asked) std::this_thread::yield();
        stop.request_stop();
      }};
      came = way(to({at(swallowed_v6), at(swallowed_v4)}, {.timeout = 60s, .stop = token})).error();
      stopper.join();
    }}
        .join();
    BOOST_TEST(came == errc::stopped);
    left_nothing();
  }
}
