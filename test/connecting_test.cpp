// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/connecting.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <addresses.hpp>
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

// A look-up that takes until it is released; then it has the address of nobody. Each is of a name of its own:
// one that was abandoned may still be under way, and would be shared.
class slow_names {
 public:
  std::string const host = "slow" + std::to_string(++made) + ".test";

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
  inline static int made = 0;
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
  static auto table = kernel;
  table.connect = [](int, sockaddr const*, socklen_t) { return errno = ENETUNREACH, -1; };
  replaced_system const in_force{table};
  BOOST_TEST((blocking::connect(deserted(), {.timeout = 10s}).error() == kernels(ENETUNREACH)));
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
  for (auto const way : all_ways) {
    auto const before = open_descriptors();
    error_code came;
    std::thread{[&] {  // its eventfd goes with it
      std::stop_source stop;
      auto const token = stop.get_token();
      connecting operation{full.to, {.timeout = 60s, .stop = token}};
      std::thread stopper{[&] { stop.request_stop(); }};
      came = way(std::move(operation)).error();
      stopper.join();
    }}
        .join();
    BOOST_TEST((came == errc::stopped));
    BOOST_TEST(open_descriptors() == before);
  }
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

BOOST_AUTO_TEST_CASE(no_other_host_or_port_is_taken_for_what_was_asked) {
  using namespace std::string_literals;
  auto const listening = listen(endpoint::tcp("127.0.0.1", 0).value()).value();
  auto const port = listening.local_endpoint().value().port();
  BOOST_TEST((blocking::connect("127.0.0.1\0.example"s, std::to_string(port)).error() ==
              boost::asio::error::host_not_found));
  for (auto const& service : {std::to_string(port) + "\0x"s, std::to_string(port + 65536),
                              "+" + std::to_string(port), " " + std::to_string(port), "-4294967296"s, ""s})
    BOOST_TEST((blocking::connect("127.0.0.1", service).error() == boost::asio::error::service_not_found),
               "accepted '" << service << "'");
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
      BOOST_TEST((way(connecting{names.host, "1", {.timeout = 5ms}}).error() == errc::timed_out));
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
          (way(connecting{names.host, "1", {.timeout = 60s, .stop = token}}).error() == errc::stopped));
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
