// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/connecting.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <addresses.hpp>
#include <atomic>
#include <boost/asio/error.hpp>
#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <connects.hpp>
#include <faults.hpp>
#include <mutex>
#include <thread>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

error_code kernels(int code) {
  return {code, boost::system::system_category()};
}

endpoint abstract_name() {
  return endpoint::local("\0trivium connecting_test "s + std::to_string(::getpid())).value();
}

// A look-up that takes until it is released; then it has the address of nobody.
class slow_names {
 public:
  faults::look_up answer() {
    return [shared = shared_](char const*, char const*, addrinfo** found) {
      std::unique_lock lock{shared->mutex};
      shared->entered = true;
      shared->changed.notify_all();
      shared->changed.wait(lock, [&] { return shared->released; });
      addrinfo hints{};
      hints.ai_flags = AI_NUMERICHOST;
      hints.ai_socktype = SOCK_STREAM;
      auto const code = kernel.getaddrinfo("127.0.0.1", "1", &hints, found);
      shared->left = true;
      shared->changed.notify_all();
      return code;
    };
  }
  void wait_until_asked() {
    std::unique_lock lock{shared_->mutex};
    shared_->changed.wait(lock, [&] { return shared_->entered; });
  }
  void release() {
    std::unique_lock lock{shared_->mutex};
    shared_->released = true;
    shared_->changed.notify_all();
    if (shared_->entered) shared_->changed.wait(lock, [&] { return shared_->left; });
  }

 private:
  struct state {
    std::mutex mutex;
    std::condition_variable changed;
    bool entered = false, released = false, left = false;
  };
  std::shared_ptr<state> shared_ = std::make_shared<state>();
};

}  // namespace

BOOST_AUTO_TEST_CASE(every_way_connects_over_tcp_and_unix) {
  for (auto const& at : {loopback_address(), abstract_name()}) {
    auto listening = listen(at).value();
    auto const to = listening.local_endpoint().value();
    for (auto const way : all_ways) {
      auto const near = way(connecting{to});
      BOOST_REQUIRE(near.has_value());
      BOOST_TEST((near->remote_endpoint().value() == to));
      BOOST_TEST((::fcntl(near->native_handle(), F_GETFL) & O_NONBLOCK) == 0);
      BOOST_TEST(blocking::accept(listening).has_value());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_path_in_the_file_system_connects) {
  char folder[] = "/tmp/trivium-connecting-XXXXXX";
  BOOST_REQUIRE(::mkdtemp(folder) != nullptr);
  auto const path = folder + "/socket"s;
  {
    auto const listening = listen(endpoint::local(path).value()).value();
    BOOST_TEST(blocking::connect(endpoint::local(path).value()).has_value());
  }
  BOOST_TEST((blocking::connect(endpoint::local(path).value()).error() == kernels(ECONNREFUSED)));
  ::unlink(path.c_str());
  BOOST_TEST((blocking::connect(endpoint::local(path).value()).error() == kernels(ENOENT)));
  ::rmdir(folder);
}

BOOST_AUTO_TEST_CASE(a_port_where_nobody_listens_refuses_and_leaves_nothing) {
  auto const nobody = deserted();
  for (auto const way : all_ways) {
    auto const before = open_descriptors();
    BOOST_TEST((way(connecting{nobody}).error() == kernels(ECONNREFUSED)));
    BOOST_TEST(open_descriptors() == before);
  }
}

BOOST_AUTO_TEST_CASE(an_address_that_cannot_be_routed_is_the_kernels_error) {
  BOOST_TEST(blocking::connect(endpoint{}).has_error());
  auto const broadcast = endpoint::tcp("255.255.255.255", 1).value();
  BOOST_TEST(blocking::connect(broadcast, {.timeout = 10s}).error().failed());
}

BOOST_AUTO_TEST_CASE(limits_end_a_connect_that_nobody_answers_and_leave_nothing) {
  full_backlog const full{loopback_address()};
  for (auto const way : all_ways) {
    auto const before = open_descriptors();
    BOOST_TEST((way(connecting{full.to, {.timeout = 5ms}}).error() == errc::timed_out));
    BOOST_TEST((way(connecting{full.to, {.timeout = 0s}}).error() == errc::would_block));
    BOOST_TEST(open_descriptors() == before);
  }
}

BOOST_AUTO_TEST_CASE(a_stop_from_another_thread_ends_a_connect_that_nobody_answers) {
  full_backlog const full{loopback_address()};
  std::thread{[&] {  // its eventfd goes with it
    auto const before = open_descriptors();
    for (auto const way : all_ways) {
      std::stop_source stop;
      auto const token = stop.get_token();
      connecting operation{full.to, {.timeout = 60s, .stop = token}};
      std::thread stopper{[&] { stop.request_stop(); }};
      BOOST_TEST((way(std::move(operation)).error() == errc::stopped));
      stopper.join();
    }
    BOOST_TEST(open_descriptors() <= before + 1);
  }}
      .join();
}

BOOST_AUTO_TEST_CASE(destroyed_half_way_it_leaves_nothing) {
  full_backlog const full{loopback_address()};
  auto const before = open_descriptors();
  {
    connecting operation{full.to};
    BOOST_TEST((operation.turn() == turned::would_block));
    BOOST_TEST((operation.wants().until == wants::direction::writable));
    BOOST_TEST(open_descriptors() == before + 1);
  }
  BOOST_TEST(open_descriptors() == before);
}

// No event tells of room in a Unix listener's backlog: it tries again, until there is.
BOOST_AUTO_TEST_CASE(a_full_unix_backlog_is_tried_again_until_there_is_room) {
  for (auto const way : all_ways) {
    full_backlog full{abstract_name()};
    BOOST_TEST((way(connecting{full.to, {.timeout = 5ms}}).error() == errc::timed_out));
    std::thread accepts{[&] { static_cast<void>(blocking::accept(full.listening)); }};
    BOOST_TEST(way(connecting{full.to, {.timeout = 30s}}).has_value());
    accepts.join();
  }
}

BOOST_AUTO_TEST_CASE(numeric_addresses_ask_no_names_and_take_no_thread) {
  auto const listening = listen(loopback_address()).value();
  auto const port = std::to_string(listening.local_endpoint()->port());
  faults seam;
  seam.names = [](char const*, char const*, addrinfo**) { return EAI_FAIL; };
  BOOST_TEST(blocking::connect("127.0.0.1", port).has_value());
  BOOST_TEST(seam.eventfds == 0u);
}

BOOST_AUTO_TEST_CASE(a_name_is_looked_up_in_every_way) {
  auto const listening = listen(loopback_address()).value();
  auto const port = std::to_string(listening.local_endpoint()->port());
  faults seam;
  seam.names = [](char const* host, char const* service, addrinfo** found) {
    if (host != "peer.test"s) return EAI_NONAME;
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST;
    hints.ai_socktype = SOCK_STREAM;
    return kernel.getaddrinfo("127.0.0.1", service, &hints, found);
  };
  for (auto const way : all_ways) {
    BOOST_TEST(way(connecting{"peer.test", port}).has_value());
    BOOST_TEST((way(connecting{"nobody.test", port}).error() == boost::asio::error::host_not_found));
  }
}

BOOST_AUTO_TEST_CASE(the_errors_of_a_look_up_are_asios) {
  struct {
    int code;
    error_code error;
  } const expected[] = {
      {EAI_NONAME, boost::asio::error::host_not_found},
      {EAI_AGAIN, boost::asio::error::host_not_found_try_again},
      {EAI_FAIL, boost::asio::error::no_recovery},
      {EAI_SERVICE, boost::asio::error::service_not_found},
      {EAI_MEMORY, boost::asio::error::no_memory},
  };
  for (auto const& each : expected) {
    faults seam;
    seam.names = [&](char const*, char const*, addrinfo**) { return each.code; };
    BOOST_TEST((blocking::connect("some.test", "1").error() == each.error));
  }
}

BOOST_AUTO_TEST_CASE(a_service_that_does_not_exist_is_an_error) {
  BOOST_TEST((blocking::connect("127.0.0.1", "no-such-service-of-trivium").error() ==
              boost::asio::error::service_not_found));
}

// The first address refuses; the second accepts.
BOOST_AUTO_TEST_CASE(the_addresses_are_tried_in_order_until_one_accepts) {
  auto const listening = listen(loopback_address()).value();
  auto const to = listening.local_endpoint().value();
  auto const nobody = deserted();
  static endpoint first, second;
  static addrinfo nodes[2];
  // Static: a look-up's thread may be about to close its descriptor when this test has ended.
  static auto table = kernel;
  table.getaddrinfo = [](char const*, char const*, addrinfo const* hints, addrinfo** found) {
    if ((hints->ai_flags & AI_NUMERICHOST) != 0) return EAI_NONAME;
    for (auto* const each : {&first, &second}) {
      auto& node = nodes[each == &first ? 0 : 1];
      node = addrinfo{};
      node.ai_family = each->family();
      node.ai_addr = const_cast<sockaddr*>(each->data());
      node.ai_addrlen = each->size();
    }
    nodes[0].ai_next = &nodes[1];
    *found = nodes;
    return 0;
  };
  table.freeaddrinfo = [](addrinfo*) {};
  replaced_system const in_force{table};
  for (auto const way : all_ways) {
    first = nobody, second = to;
    auto const connected = way(connecting{"two.test", "1"});
    BOOST_REQUIRE(connected.has_value());
    BOOST_TEST((connected->remote_endpoint().value() == to));
    second = nobody;  // none accepts: the last one's error
    BOOST_TEST((way(connecting{"two.test", "1"}).error() == kernels(ECONNREFUSED)));
  }
}

BOOST_AUTO_TEST_CASE(limits_end_a_look_up_at_once_and_abandon_it_safely) {
  for (auto const way : all_ways) {
    auto const before = open_descriptors();
    slow_names names;
    {
      faults seam;
      seam.names = names.answer();
      BOOST_TEST((way(connecting{"slow.test", "1", {.timeout = 5ms}}).error() == errc::timed_out));
      names.wait_until_asked();  // nobody has released it: the connect did not wait for it
    }
    names.release();  // its thread ends after all that it worked for is gone
    BOOST_TEST(open_at_most(before));
  }
}

BOOST_AUTO_TEST_CASE(a_stop_ends_a_look_up_at_once) {
  for (auto const way : all_ways) {
    auto const before = open_descriptors();
    slow_names names;
    {
      faults seam;
      seam.names = names.answer();
      std::stop_source stop;
      auto const token = stop.get_token();
      std::thread stopper{[&] {
        names.wait_until_asked();
        stop.request_stop();
      }};
      BOOST_TEST(
          (way(connecting{"slow.test", "1", {.timeout = 60s, .stop = token}}).error() == errc::stopped));
      stopper.join();
    }
    names.release();
    BOOST_TEST(open_at_most(before + 1));  // the eventfd of this thread's stops
  }
}

BOOST_AUTO_TEST_CASE(no_socket_to_be_had_is_that_error) {
  auto const anybody = deserted();
  faults seam;
  seam.socket_error = EMFILE;
  BOOST_TEST((blocking::connect(anybody).error() == kernels(EMFILE)));
}

BOOST_AUTO_TEST_CASE(a_loop_of_ones_own_turns_it) {
  auto const listening = listen(loopback_address()).value();
  auto operation = nonblocking::connect(listening.local_endpoint().value());
  while (operation.turn() == turned::would_block) {
    pollfd watch{operation.wants().descriptor, POLLOUT, 0};
    BOOST_REQUIRE(::poll(&watch, 1, -1) == 1);
  }
  BOOST_TEST(operation.take().has_value());
}

// --- A name with several addresses (RFC 8305). Call by call: race_test; in networks: own_network_test.

namespace {

// Of the other family where the machine has it.
char const* other_loopback() {
  static bool const has_v6 = listen(loopback_address("::1")).has_value();
  if (!has_v6) BOOST_TEST_MESSAGE("no IPv6 here: 127.0.0.2 stands for it");
  return has_v6 ? "::1" : "127.0.0.2";
}

struct several {
  faults seam;
  std::vector<connect_attempt> attempts;

  connecting to(std::vector<endpoint> addresses, limits const& ends_it = {},
                time_span attempt_delay = 250ms) {
    seam.names = [=](char const*, char const*, addrinfo** found) {
      return name_stands_for(addresses, found);
    };
    return {"several.test", "1", ends_it, {.attempt_delay = attempt_delay, .attempts = &attempts}};
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(one_address_takes_no_call_more_than_a_connect_needs) {
  static std::string calls;
  calls.clear();
  auto const listening = listen(loopback_address()).value();
  auto const to = listening.local_endpoint().value();
  static auto table = kernel;
  table.socket = [](int family, int type, int protocol) {
    return calls += "socket ", kernel.socket(family, type, protocol);
  };
  table.connect = [](int fd, sockaddr const* at, socklen_t size) {
    return calls += "connect ", kernel.connect(fd, at, size);
  };
  table.ppoll = [](pollfd* watch, nfds_t count, timespec const* at_most, sigset_t const* mask) {
    return calls += "ppoll ", kernel.ppoll(watch, count, at_most, mask);
  };
  table.epoll_create1 = [](int flags) { return calls += "epoll ", kernel.epoll_create1(flags); };
  table.get_flags = [](int fd) { return calls += "flags ", kernel.get_flags(fd); };
  table.set_flags = [](int fd, int flags) { return calls += "flags ", kernel.set_flags(fd, flags); };
  table.close = [](int fd) { return calls += "close ", kernel.close(fd); };
  replaced_system const in_force{table};
  auto const connected = blocking::connect(to);
  BOOST_TEST(connected.has_value());
  BOOST_TEST(calls == "socket connect ppoll connect flags flags ");
}

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
        BOOST_TEST((near->remote_endpoint().value() == to));
        BOOST_TEST((::fcntl(near->native_handle(), F_GETFL) & O_NONBLOCK) == 0);
        BOOST_TEST(open_at_most(before + 1));
      }
      BOOST_TEST((now() - began >= 100ms));
      BOOST_REQUIRE(names.attempts.size() == 2u);
      BOOST_TEST((names.attempts[0].to == full.to));
      BOOST_TEST((names.attempts[0].error == errc::would_block));
      BOOST_TEST((names.attempts[1].to == to));
      BOOST_TEST(!names.attempts[1].error);
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
      BOOST_TEST((names.attempts[0].error == kernels(ECONNREFUSED)));
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
    BOOST_TEST((names.attempts[0].error == kernels(ECONNREFUSED)));
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
    BOOST_TEST((way(names.to({one, other}, {}, 1h)).error() == kernels(ECONNREFUSED)));
    BOOST_TEST(open_at_most(before));
    BOOST_REQUIRE(names.attempts.size() == 2u);
    BOOST_TEST((names.attempts[1].to == other));
    BOOST_TEST((names.attempts[1].error == kernels(ECONNREFUSED)));
  }
}

BOOST_AUTO_TEST_CASE(a_timeout_ends_all_attempts_and_leaves_nothing) {
  full_backlog const one{loopback_address()}, other{loopback_address(other_loopback())};
  for (auto const way : all_ways) {
    several names;
    auto const before = open_descriptors();
    BOOST_TEST((way(names.to({one.to, other.to}, {.timeout = 500ms}, 1h)).error() == errc::timed_out));
    BOOST_TEST(names.attempts.size() == 1u);
    BOOST_TEST((way(names.to({one.to, other.to}, {.timeout = 1s}, 100ms)).error() == errc::timed_out));
    BOOST_TEST(names.attempts.size() == 2u);
    for (auto const& each : names.attempts) BOOST_TEST((each.error == errc::would_block));
    BOOST_TEST(open_at_most(before));
  }
}

BOOST_AUTO_TEST_CASE(a_stop_ends_the_first_and_the_second_attempt_and_leaves_nothing) {
  full_backlog const one{loopback_address()}, other{loopback_address(other_loopback())};
  for (unsigned const under_way : {1u, 2u}) {
    for (auto const way : all_ways) {
      std::thread{[&] {  // its eventfd goes with it
        several names;
        auto const before = open_descriptors();
        std::stop_source stop;
        auto const token = stop.get_token();
        std::thread stopper{[&] {
          while (names.seam.sockets < under_way) std::this_thread::yield();
          stop.request_stop();
        }};
        auto const delay = under_way == 1 ? time_span{1h} : time_span{100ms};
        BOOST_TEST((way(names.to({one.to, other.to}, {.timeout = 60s, .stop = token}, delay)).error() ==
                    errc::stopped));
        stopper.join();
        BOOST_TEST(names.attempts.size() == under_way);
        BOOST_TEST(open_at_most(before + 1));
      }}
          .join();
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
    while (operation.turn() == turned::would_block) {
      if (names.seam.sockets > 0) {
        if (waited_for == -1) waited_for = operation.wants().descriptor;
        BOOST_TEST(operation.wants().descriptor == waited_for);
      }
      pollfd watch{operation.wants().descriptor, operation.wants().poll_events(), 0};
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
    for (auto sleep = retry::poll; operation.turn() == turned::would_block && names.seam.sockets < 2;)
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
