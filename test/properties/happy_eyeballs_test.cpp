// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Happy Eyeballs (RFC 8305): a name with several addresses, which race. Call by call: race_test; where
// packets get lost: own_network_test.
#include <fcntl.h>

#include <addresses.hpp>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <connects.hpp>
#include <faults.hpp>
#include <printing.hpp>
#include <thread>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;

namespace {

error_code kernels(int code) {
  return {code, boost::system::system_category()};
}

// Of the other family where the machine has it.
char const* other_loopback() {
  static bool const has_v6 = listen(loopback_address("::1")).has_value();
  if (!has_v6) BOOST_TEST_MESSAGE("no IPv6 here: 127.0.0.2 stands for it");
  return has_v6 ? "::1" : "127.0.0.2";
}

struct several {
  faults seam;
  std::vector<connect_attempt> attempts;

  connecting to(std::vector<endpoint> addresses, limits const& within = {}, time_span attempt_delay = 250ms) {
    seam.names = [=](char const*, char const*, addrinfo** found) {
      return name_stands_for(addresses, found);
    };
    return {"several.test", "1", within, {.attempt_delay = attempt_delay, .attempts = &attempts}};
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(beside_one_that_hangs_another_wins_whichever_family_is_first) {
  for (auto const& [hangs, wins] :
       {std::pair{"127.0.0.1", other_loopback()}, {other_loopback(), "127.0.0.1"}}) {
    full_backlog const full{loopback_address(hangs)};
    auto const listening = listen(loopback_address(wins)).value();
    auto const to = listening.local_endpoint().value();
    for (auto const way : all_ways) {
      several names;
      auto const before = open_descriptors();
      auto const began = now();
      {
        auto const near = way(names.to({full.to, to}, {.timeout = 60s}, 100ms));
        BOOST_REQUIRE(near.has_value());
        BOOST_TEST(near->remote_endpoint().value() == to);
        BOOST_TEST((::fcntl(near->native_handle(), F_GETFL) & O_NONBLOCK) == 0);
        BOOST_TEST(open_at_most(before + 1));
      }
      BOOST_TEST((now() - began) >= 100ms);
      BOOST_REQUIRE(names.attempts.size() == 2u);
      BOOST_TEST(names.attempts[0].to == full.to);
      BOOST_TEST(names.attempts[0].error == errc::would_block);
      BOOST_TEST(names.attempts[1].to == to);
      BOOST_TEST(no_error(names.attempts[1].error));
    }
  }
}

// The delay is an hour: who waited for it would not come back.
BOOST_AUTO_TEST_CASE(one_that_refuses_is_followed_at_once) {
  for (auto const& [refuses, wins] :
       {std::pair{"127.0.0.1", other_loopback()}, {other_loopback(), "127.0.0.1"}}) {
    auto const nobody = deserted(refuses);
    auto const listening = listen(loopback_address(wins)).value();
    for (auto const way : all_ways) {
      several names;
      auto const before = open_descriptors();
      BOOST_TEST(way(names.to({nobody, listening.local_endpoint().value()}, {}, 1h)).has_value());
      BOOST_TEST(open_at_most(before));
      BOOST_REQUIRE(names.attempts.size() == 2u);
      BOOST_TEST(names.attempts[0].error == kernels(ECONNREFUSED));
    }
  }
}

// The first fails when it has been waited for: it leaves what Asio, too, is waiting for just then.
BOOST_AUTO_TEST_CASE(one_that_fails_late_is_followed_while_a_wait_is_under_way) {
  full_backlog const full{loopback_address()};
  auto const listening = listen(loopback_address(other_loopback())).value();
  auto const to = listening.local_endpoint().value();
  static endpoint hangs;
  static int asked;
  hangs = full.to;
  for (auto const way : all_ways) {
    several names;
    asked = 0;
    static system_table table;  // static: a look-up's thread may still be at its end
    table = trivium::system();
    table.connect = [](int fd, sockaddr const* at, socklen_t size) {
      if (endpoint{at, size} == hangs && ++asked == 2) return errno = ECONNREFUSED, -1;
      return kernel.connect(fd, at, size);
    };
    auto const before = open_descriptors();
    {
      replaced_system const in_force{table};
      BOOST_TEST(way(names.to({full.to, to}, {.timeout = 60s}, 100ms)).has_value());
    }
    BOOST_TEST(open_at_most(before));
    BOOST_REQUIRE(names.attempts.size() == 2u);
    BOOST_TEST(names.attempts[0].error == kernels(ECONNREFUSED));
  }
}

// A timer and a readiness may come at once there.
BOOST_AUTO_TEST_CASE(several_threads_may_run_the_loop_of_several_races) {
  constexpr int races = 8;
  full_backlog const full{loopback_address()};
  auto const listening = listen(loopback_address(other_loopback())).value();
  several names;
  connect_options const how{.attempt_delay = 100ms};
  auto const before = open_descriptors();
  static_cast<void>(names.to({full.to, listening.local_endpoint().value()}));
  std::atomic<int> connected{0};
  {
    boost::asio::io_context io;
    for (int i = 0; i != races; ++i)
      async::connect(io.get_executor(), "several.test", "1", {.timeout = 60s}, how,
                     [&](error_code error, trivium::socket near) { connected += !error && near.is_open(); });
    std::thread other{[&] { io.run(); }};
    io.run();
    other.join();
  }
  BOOST_TEST(connected == races);
  BOOST_TEST(open_at_most(before));
}

BOOST_AUTO_TEST_CASE(if_all_refuse_each_is_told) {
  auto const one = deserted(), other = deserted(other_loopback());
  for (auto const way : all_ways) {
    several names;
    auto const before = open_descriptors();
    BOOST_TEST(way(names.to({one, other}, {}, 1h)).error() == kernels(ECONNREFUSED));
    BOOST_TEST(open_at_most(before));
    BOOST_REQUIRE(names.attempts.size() == 2u);
    BOOST_TEST(names.attempts[1].to == other);
    BOOST_TEST(names.attempts[1].error == kernels(ECONNREFUSED));
  }
}

BOOST_AUTO_TEST_CASE(a_timeout_ends_all_attempts_and_leaves_nothing) {
  full_backlog const one{loopback_address()}, other{loopback_address(other_loopback())};
  for (auto const way : all_ways) {
    several names;
    auto const before = open_descriptors();
    BOOST_TEST(way(names.to({one.to, other.to}, {.timeout = 500ms}, 1h)).error() == errc::timed_out);
    BOOST_TEST(names.attempts.size() == 1u);
    BOOST_TEST(way(names.to({one.to, other.to}, {.timeout = 1s}, 100ms)).error() == errc::timed_out);
    BOOST_TEST(names.attempts.size() == 2u);
    for (auto const& each : names.attempts) BOOST_TEST(each.error == errc::would_block);
    BOOST_TEST(open_at_most(before));
  }
}

BOOST_AUTO_TEST_CASE(a_stop_ends_the_first_and_the_second_attempt_and_leaves_nothing) {
  full_backlog const one{loopback_address()}, other{loopback_address(other_loopback())};
  for (unsigned const under_way : {1u, 2u}) {
    for (auto const way : all_ways) {
      several names;
      auto const before = open_descriptors();
      error_code came;
      std::thread{[&] {  // its eventfd goes with it
        std::stop_source stop;
        auto const token = stop.get_token();
        std::thread stopper{[&] {
          while (names.seam.sockets < under_way) std::this_thread::yield();
          stop.request_stop();
        }};
        auto const delay = under_way == 1 ? time_span{1h} : time_span{100ms};
        came = way(names.to({one.to, other.to}, {.timeout = 60s, .stop = token}, delay)).error();
        stopper.join();
      }}
          .join();
      BOOST_TEST(came == errc::stopped);
      BOOST_TEST(names.attempts.size() == under_way);
      BOOST_TEST(open_at_most(before));
    }
  }
}

// A loop of one's own waits for one descriptor, and that stays the same while the attempts come and go.
BOOST_AUTO_TEST_CASE(a_loop_of_ones_own_waits_for_one_descriptor_whatever_races) {
  full_backlog const one{loopback_address()}, other{loopback_address(other_loopback())};
  auto const listening = listen(loopback_address()).value();
  several names;
  auto const before = open_descriptors();
  {
    auto operation =
        names.to({one.to, other.to, listening.local_endpoint().value()}, {.timeout = 60s}, 100ms);
    int waited_for = -1;
    while (operation.advance() == progress::pending) {
      if (names.seam.sockets > 0) {
        if (waited_for == -1) waited_for = operation.interest().descriptor;
        BOOST_TEST(operation.interest().descriptor == waited_for);
      }
      pollfd watch{operation.interest().descriptor, operation.interest().poll_events(), 0};
      BOOST_REQUIRE(::poll(&watch, 1, poll_timeout(operation.due())) >= 0);
    }
    BOOST_TEST(operation.take().has_value());
    BOOST_TEST(names.attempts.size() == 3u);
    BOOST_TEST(open_at_most(before));
  }
}

BOOST_AUTO_TEST_CASE(destroyed_in_the_middle_of_a_race_it_leaves_nothing) {
  full_backlog const one{loopback_address()}, other{loopback_address(other_loopback())};
  several names;
  auto const before = open_descriptors();
  {
    auto operation = names.to({one.to, other.to}, {}, 100ms);
    for (auto sleep = retry::poll; operation.advance() == progress::pending && names.seam.sockets < 2;)
      sleep.between(operation);
    BOOST_TEST(open_at_most(before + 3));  // two attempts, and what it waits for
    BOOST_TEST(open_descriptors() == before + 3);
  }
  BOOST_TEST(open_at_most(before));
}

BOOST_AUTO_TEST_CASE(the_verbs_take_the_options) {
  auto const listening = listen(loopback_address()).value();
  several names;
  static_cast<void>(names.to({deserted(), listening.local_endpoint().value()}));
  connect_options const how{.attempt_delay = 1h, .attempts = &names.attempts};
  BOOST_TEST(blocking::connect("several.test", "1", {}, how).has_value());
  BOOST_TEST(names.attempts.size() == 2u);
  BOOST_TEST(nonblocking::connect("several.test", "1", retry::poll, {}, how).has_value());
  BOOST_TEST(names.attempts.size() == 2u);
  boost::asio::io_context io;
  bool connected = false;
  async::connect(io.get_executor(), "several.test", "1", {}, how, [&](error_code error, trivium::socket) {
    connected = !error && names.attempts.size() == 2;
  });
  io.run();
  BOOST_TEST(connected);
}
