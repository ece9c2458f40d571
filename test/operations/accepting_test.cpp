// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/operations/accepting.hpp>

#include <fcntl.h>
#include <netinet/in.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <faults.hpp>
#include <printing.hpp>
#include <thread>
#include <trivium/blocking.hpp>
#include <trivium/nonblocking.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;

namespace {

trivium::socket listening() {
  return listen(endpoint::tcp("127.0.0.1", 0).value()).value();
}
trivium::socket calling(trivium::socket const& at) {
  return blocking::connect(at.local_endpoint().value()).value();
}
error_code kernels(int code) {
  return {code, boost::system::system_category()};
}

}  // namespace

BOOST_AUTO_TEST_CASE(it_gives_the_connection_that_waits) {
  auto at = listening();
  auto const far = calling(at);
  accepting operation{at};
  BOOST_TEST(operation.advance() == progress::done);
  auto const near = operation.take();
  BOOST_REQUIRE(near.has_value());
  BOOST_TEST(near->remote_endpoint().value() == far.local_endpoint().value());
  BOOST_TEST((::fcntl(near->native_handle(), F_GETFD) & FD_CLOEXEC) != 0);
}

BOOST_AUTO_TEST_CASE(without_one_it_waits_for_the_listening_descriptor) {
  auto at = listening();
  accepting operation{at};
  BOOST_TEST(operation.advance() == progress::pending);
  BOOST_TEST(operation.interest().descriptor == at.native_handle());
  BOOST_TEST(operation.interest().until == readiness::readable);
  BOOST_TEST(operation.due() == time_point::max());
}

BOOST_AUTO_TEST_CASE(the_listening_descriptor_is_nonblocking_from_the_first_step) {
  auto at = listening();
  int const fd = at.native_handle();
  BOOST_REQUIRE(::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK) == 0);
  accepting operation{at};
  BOOST_TEST((::fcntl(fd, F_GETFL) & O_NONBLOCK) == 0);
  BOOST_TEST(operation.advance() == progress::pending);
  BOOST_TEST((::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
}

BOOST_AUTO_TEST_CASE(timeout_and_stop_end_it_and_the_next_accepts) {
  auto at = listening();
  BOOST_TEST(blocking::accept(at, {.timeout = 2ms}).error() == errc::timed_out);
  std::stop_source stop;
  auto const token = stop.get_token();
  std::thread stopper{[&] { stop.request_stop(); }};
  BOOST_TEST(blocking::accept(at, {.timeout = 60s, .stop = token}).error() == errc::stopped);
  stopper.join();
  auto const far = calling(at);
  BOOST_TEST(blocking::accept(at).has_value());
}

// Two threads are woken for one connection: one gets it, the other goes on waiting for its limits, and does
// not sleep in accept, where none would reach it. (The descriptor is one that would sleep.)
BOOST_AUTO_TEST_CASE(accept_lost_to_another_thread_does_not_sleep) {
  auto at = listening();
  int const fd = at.native_handle();
  BOOST_REQUIRE(::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK) == 0);
  std::stop_source stop;
  auto const token = stop.get_token();
  std::atomic<int> accepted{0}, stopped{0};
  auto const accepts = [&] {
    auto const outcome = blocking::accept(at, {.timeout = 60s, .stop = token});
    if (outcome) {
      ++accepted;
      stop.request_stop();  // only the winner ends the other's wait
    } else if (outcome.error() == errc::stopped) {
      ++stopped;
    }
  };
  std::thread one{accepts}, other{accepts};
  auto const far = calling(at);
  one.join();
  other.join();
  BOOST_TEST(accepted == 1);
  BOOST_TEST(stopped == 1);
}

// The same with nothing left to chance: the connection is taken between the wait and the attempt.
BOOST_AUTO_TEST_CASE(a_connection_taken_by_another_is_waited_for_again) {
  auto at = listening();
  int const fd = at.native_handle();
  BOOST_REQUIRE(::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK) == 0);
  auto const first = calling(at);
  accepting winner{at}, loser{at};
  BOOST_TEST(winner.advance() == progress::done);
  BOOST_TEST(loser.advance() == progress::pending);
}

BOOST_AUTO_TEST_CASE(no_descriptors_left_is_an_error_after_which_it_can_be_tried_again) {
  auto at = listening();
  auto const far = calling(at);
  for (int const code : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
    faults seam;
    seam.accept_error = code;
    BOOST_TEST(blocking::accept(at).error() == kernels(code));
    BOOST_TEST(seam.accepts == 1u);
  }
  BOOST_TEST(blocking::accept(at).has_value());
}

// accept(2): what was already wrong with the new connection is no error of the listening socket.
BOOST_AUTO_TEST_CASE(a_connection_that_broke_before_it_was_accepted_is_passed_over) {
  for (int const code : {ECONNABORTED, EPROTO, ENETDOWN, EHOSTUNREACH, EINTR}) {
    auto at = listening();
    auto const far = calling(at);
    static int once;
    once = code;
    auto table = kernel;
    table.accept4 = [](int fd, sockaddr* address, socklen_t* size, int flags) {
      if (int const error = std::exchange(once, 0); error != 0) return errno = error, -1;
      return kernel.accept4(fd, address, size, flags);
    };
    replaced_system const in_force{table};
    BOOST_TEST(blocking::accept(at, {.timeout = 10s}).has_value());
  }
}

BOOST_AUTO_TEST_CASE(what_does_not_listen_is_the_kernels_error) {
  trivium::socket closed;
  BOOST_TEST(nonblocking::accept(closed).error() == kernels(EBADF));
  trivium::socket idle{::socket(AF_INET, SOCK_STREAM, 0)};
  BOOST_TEST(nonblocking::accept(idle).error() == kernels(EINVAL));
}

BOOST_AUTO_TEST_CASE(nonblocking_accept_answers_would_block_or_the_connection) {
  auto at = listening();
  BOOST_TEST(nonblocking::accept(at).error() == errc::would_block);
  auto const far = calling(at);
  BOOST_TEST(nonblocking::accept(at).has_value());
  auto const next = calling(at);
  BOOST_TEST(nonblocking::accept(at, retry::poll, {.timeout = 10s}).has_value());
}
