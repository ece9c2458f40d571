// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/operations/connecting.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <addresses.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <connects.hpp>
#include <faults.hpp>
#include <mutex>
#include <optional>
#include <printing.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <trivium/async.hpp>

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
  bool asked() {
    std::lock_guard const lock{shared_->mutex};
    return shared_->entered;
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
      BOOST_TEST(near->remote_endpoint().value() == to);
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
  BOOST_TEST(blocking::connect(endpoint::local(path).value()).error() == kernels(ECONNREFUSED));
  ::unlink(path.c_str());
  BOOST_TEST(blocking::connect(endpoint::local(path).value()).error() == kernels(ENOENT));
  ::rmdir(folder);
}

BOOST_AUTO_TEST_CASE(a_port_where_nobody_listens_refuses_and_leaves_nothing) {
  auto const nobody = deserted();
  for (auto const way : all_ways) {
    auto const before = open_descriptors();
    BOOST_TEST(way(connecting{nobody}).error() == kernels(ECONNREFUSED));
    BOOST_TEST(open_descriptors() == before);
  }
}

BOOST_AUTO_TEST_CASE(an_address_that_cannot_be_routed_is_the_kernels_error) {
  BOOST_TEST(blocking::connect(endpoint{}).has_error());
  static auto table = kernel;
  table.connect = [](int, sockaddr const*, socklen_t) { return errno = ENETUNREACH, -1; };
  replaced_system const in_force{table};
  BOOST_TEST(blocking::connect(deserted(), {.timeout = 10s}).error() == kernels(ENETUNREACH));
}

// The kernel gives our end the very port that is called, as it may where that is one of its ephemeral ports.
BOOST_AUTO_TEST_CASE(a_connect_that_meets_itself_is_refused_and_leaves_nothing) {
  static endpoint own;
  static auto table = kernel;
  table.socket = [](int family, int type, int protocol) {
    int const fd = kernel.socket(family, type, protocol);
    int const on = 1;
    if (::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        ::bind(fd, own.data(), own.size()) != 0)
      return ::close(fd), errno = EADDRNOTAVAIL, -1;
    return fd;
  };
  for (char const* const address : {"127.0.0.1", "::1"}) {
    if (!listen(loopback_address(address))) {
      BOOST_TEST_MESSAGE("no IPv6 here");
      continue;
    }
    own = deserted(address);
    for (auto const way : all_ways) {
      auto const before = open_descriptors();
      replaced_system const in_force{table};
      BOOST_TEST(way(connecting{own, {.timeout = 60s}}).error() == kernels(ECONNREFUSED));
      BOOST_TEST(open_descriptors() == before);
    }
  }
}

BOOST_AUTO_TEST_CASE(limits_end_a_connect_that_nobody_answers_and_leave_nothing) {
  full_backlog const full{loopback_address()};
  for (auto const way : all_ways) {
    auto const before = open_descriptors();
    BOOST_TEST(way(connecting{full.to, {.timeout = 5ms}}).error() == errc::timed_out);
    BOOST_TEST(way(connecting{full.to, {.timeout = 0s}}).error() == errc::would_block);
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
    BOOST_TEST(came == errc::stopped);
    BOOST_TEST(open_descriptors() == before);
  }
}

BOOST_AUTO_TEST_CASE(destroyed_half_way_it_leaves_nothing) {
  full_backlog const full{loopback_address()};
  auto const before = open_descriptors();
  {
    connecting operation{full.to};
    BOOST_TEST(operation.advance() == progress::pending);
    BOOST_TEST(operation.interest().until == readiness::writable);
    BOOST_TEST(open_descriptors() == before + 1);
  }
  BOOST_TEST(open_descriptors() == before);
}

// No event tells of room in a Unix listener's backlog: it tries again, until there is.
BOOST_AUTO_TEST_CASE(a_full_unix_backlog_is_tried_again_until_there_is_room) {
  for (auto const way : all_ways) {
    full_backlog full{abstract_name()};
    BOOST_TEST(way(connecting{full.to, {.timeout = 5ms}}).error() == errc::timed_out);
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
    BOOST_TEST(way(connecting{"nobody.test", port}).error() == boost::asio::error::host_not_found);
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
    BOOST_TEST(blocking::connect("some.test", "1").error() == each.error);
  }
}

BOOST_AUTO_TEST_CASE(no_other_host_or_port_is_taken_for_what_was_asked) {
  using namespace std::string_literals;
  auto const listening = listen(endpoint::tcp("127.0.0.1", 0).value()).value();
  auto const port = listening.local_endpoint().value().port();
  BOOST_TEST(blocking::connect("127.0.0.1\0.example"s, std::to_string(port)).error() ==
             boost::asio::error::host_not_found);
  for (auto const& service : {std::to_string(port) + "\0x"s, std::to_string(port + 65536),
                              "+" + std::to_string(port), " " + std::to_string(port), "-4294967296"s, ""s})
    BOOST_TEST(blocking::connect("127.0.0.1", service).error() == boost::asio::error::service_not_found,
               "accepted '" << service << "'");
}

BOOST_AUTO_TEST_CASE(a_port_is_any_integer_and_a_host_any_text) {
  auto const listening = listen(endpoint::tcp("127.0.0.1", 0).value()).value();
  auto const port = listening.local_endpoint().value().port();
  std::string_view const view = "127.0.0.1";
  std::string const text{view};
  char const* const pointer = text.c_str();
  BOOST_TEST(blocking::connect(view, port).has_value());
  BOOST_TEST(blocking::connect(text, int{port}).has_value());
  BOOST_TEST(blocking::connect(pointer, long{port}).has_value());
  BOOST_TEST(blocking::connect("127.0.0.1", std::string_view{std::to_string(port)}).has_value());
  BOOST_TEST(nonblocking::connect(view, port, retry::poll).has_value());
  boost::asio::io_context io;
  std::optional<error_code> told;
  async::connect(io.get_executor(), view, port, [&](error_code error, trivium::socket) { told = error; });
  io.run();
  BOOST_TEST(no_error(told.value()));
}

BOOST_AUTO_TEST_CASE(a_number_that_is_no_port_is_refused_as_a_name_that_is_none) {
  BOOST_TEST(blocking::connect("127.0.0.1", -1).error() == boost::asio::error::service_not_found);
  BOOST_TEST(blocking::connect("127.0.0.1", 65536).error() == boost::asio::error::service_not_found);
  BOOST_TEST(blocking::connect("127.0.0.1", 0).error().failed());  // a port, but nobody's
}

BOOST_AUTO_TEST_CASE(an_ipv6_address_may_stand_in_brackets_and_nothing_else) {
  BOOST_TEST(blocking::connect("[localhost]", 1).error() == boost::asio::error::host_not_found);
  BOOST_TEST(blocking::connect("[127.0.0.1]", 1).error() == boost::asio::error::host_not_found);
  auto const listening = listen(endpoint::tcp("[::1]", 0).value());
  if (!listening) {
    BOOST_TEST(listening.error().value() == EADDRNOTAVAIL);
    BOOST_TEST_MESSAGE("no IPv6 here");
    return;
  }
  auto const port = listening->local_endpoint().value().port();
  for (auto const host : {"::1", "[::1]"}) BOOST_TEST(blocking::connect(host, port).has_value());
}

BOOST_AUTO_TEST_CASE(options_are_set_before_it_connects_in_every_way) {
  namespace asio = boost::asio;
  auto const listening = listen(endpoint::tcp("127.0.0.1", 0).value()).value();
  auto const at = listening.local_endpoint().value();
  socket_option const options[] = {asio::ip::tcp::no_delay{true}, {SOL_SOCKET, SO_KEEPALIVE, 1}};
  connect_options const how{.options = options};
  auto const has_them = [](result<trivium::socket> const& near) {
    asio::ip::tcp::no_delay no_delay;
    asio::socket_base::keep_alive keep_alive;
    BOOST_TEST(!near.value().get_option(no_delay));
    BOOST_TEST(!near.value().get_option(keep_alive));
    BOOST_TEST(no_delay.value());
    BOOST_TEST(keep_alive.value());
  };
  has_them(blocking::connect(at, {}, how));
  has_them(blocking::connect("127.0.0.1", at.port(), {}, how));
  has_them(nonblocking::connect(at, retry::poll, {}, how));
  asio::io_context io;
  result<trivium::socket> told = errc::would_block;
  async::connect(io.get_executor(), at, {}, how, [&](error_code error, trivium::socket near) {
    if (!error) told = std::move(near);
  });
  io.run();
  has_them(told);

  // Before, and not after: the system calls come in that order.
  std::vector<std::string> calls;
  auto table = kernel;
  static std::vector<std::string>* noted;
  noted = &calls;
  table.setsockopt = [](int fd, int level, int name, void const* value, socklen_t size) {
    noted->push_back("setsockopt");
    return kernel.setsockopt(fd, level, name, value, size);
  };
  table.connect = [](int fd, sockaddr const* to, socklen_t size) {
    noted->push_back("connect");
    return kernel.connect(fd, to, size);
  };
  replaced_system const watched{table};
  BOOST_TEST(blocking::connect(at, {}, how).has_value());
  BOOST_TEST_REQUIRE(calls.size() >= 3U);
  BOOST_TEST(calls[0] == "setsockopt");
  BOOST_TEST(calls[1] == "setsockopt");
  BOOST_TEST(calls[2] == "connect");
}

BOOST_AUTO_TEST_CASE(an_option_that_is_refused_is_the_attempts_error) {
  auto const listening = listen(endpoint::tcp("127.0.0.1", 0).value()).value();
  socket_option const options[] = {{SOL_SOCKET, SO_TYPE, SOCK_DGRAM}};  // it can only be asked
  std::vector<connect_attempt> attempts;
  auto const near =
      blocking::connect(listening.local_endpoint().value(), {}, {.attempts = &attempts, .options = options});
  BOOST_TEST(near.error() == kernels(ENOPROTOOPT));
  BOOST_TEST_REQUIRE(attempts.size() == 1U);
  BOOST_TEST(attempts[0].error == kernels(ENOPROTOOPT));
}

BOOST_AUTO_TEST_CASE(a_service_that_does_not_exist_is_an_error) {
  BOOST_TEST(blocking::connect("127.0.0.1", "no-such-service-of-trivium").error() ==
             boost::asio::error::service_not_found);
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
    BOOST_TEST(connected->remote_endpoint().value() == to);
    second = nobody;  // none accepts: the last one's error
    BOOST_TEST(way(connecting{"two.test", "1"}).error() == kernels(ECONNREFUSED));
  }
}

BOOST_AUTO_TEST_CASE(limits_end_a_look_up_at_once_and_abandon_it_safely) {
  for (auto const way : all_ways) {
    auto const before = open_descriptors();
    slow_names names;
    {
      faults seam;
      seam.names = names.answer();
      // Nobody has released it: the connect did not wait for it. (One that ends before its thread has begun
      // is not looked up at all.)
      for (int tries = 0; tries != 1000 && !names.asked(); ++tries)
        BOOST_TEST(way(connecting{names.host, "1", {.timeout = 5ms}}).error() == errc::timed_out);
      BOOST_REQUIRE(names.asked());
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
  BOOST_TEST(blocking::connect(anybody).error() == kernels(EMFILE));
}

BOOST_AUTO_TEST_CASE(a_loop_of_ones_own_turns_it) {
  auto const listening = listen(loopback_address()).value();
  auto operation = nonblocking::connect(listening.local_endpoint().value());
  while (operation.advance() == progress::pending) {
    pollfd watch{operation.interest().descriptor, POLLOUT, 0};
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
  table.getsockname = [](int fd, sockaddr* at, socklen_t* size) {
    return calls += "name ", kernel.getsockname(fd, at, size);
  };
  table.getpeername = [](int fd, sockaddr* at, socklen_t* size) {
    return calls += "peer ", kernel.getpeername(fd, at, size);
  };
  table.get_flags = [](int fd) { return calls += "flags ", kernel.get_flags(fd); };
  table.set_flags = [](int fd, int flags) { return calls += "flags ", kernel.set_flags(fd, flags); };
  table.close = [](int fd) { return calls += "close ", kernel.close(fd); };
  replaced_system const in_force{table};
  auto const connected = blocking::connect(to);
  BOOST_TEST(connected.has_value());
  BOOST_TEST(calls == "socket connect ppoll connect name flags flags ");
}
