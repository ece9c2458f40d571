// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/detail/async/registration.hpp>

#include <fcntl.h>

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>
#include <optional>
#include <printing.hpp>
#include <transports.hpp>
#include <utility>

using namespace trivium;
using namespace trivium::test;
namespace asio = boost::asio;
using ready_for = asio::socket_base;

namespace {

struct unregistered {
  asio::io_context io;
  trivium::socket near, far;
  error_code error;
  std::optional<error_code> told;

  unregistered() {
    auto ends = local_pair();
    near = std::move(ends.first);
    far = std::move(ends.second);
  }
  auto tells() {
    return [this](error_code came) { told = came; };
  }
  void run() {
    io.restart();
    io.run();
  }
  detail::registration::reference of_near() {
    return detail::registration::of(near, io.get_executor(), error);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(it_tells_when_a_descriptor_is_ready, unregistered) {
  auto const near_is = of_near();
  BOOST_REQUIRE(no_error(error));
  near_is->async_wait(ready_for::wait_read, tells());
  io.poll();
  BOOST_TEST(!told);
  BOOST_REQUIRE(::send(far.native_handle(), "x", 1, 0) == 1);
  run();
  BOOST_TEST(no_error(told.value()));
}

BOOST_FIXTURE_TEST_CASE(a_socket_has_one_in_each_context, unregistered) {
  asio::io_context other;
  auto const one = of_near(), same = of_near();
  auto const another = detail::registration::of(near, other.get_executor(), error);
  BOOST_REQUIRE(no_error(error));
  BOOST_TEST(&*one == &*same);
  BOOST_TEST(&*one != &*another);
}

BOOST_AUTO_TEST_CASE(a_socket_ends_it_before_it_loses_its_descriptor) {
  for (auto const lose : losses_of_a_descriptor) {
    unregistered with;
    auto const near_is = with.of_near();
    near_is->async_wait(ready_for::wait_read, with.tells());
    lose(with.near);
    BOOST_TEST(near_is->ended());
    BOOST_TEST(with.near.registrations() == nullptr);
    with.run();
    BOOST_TEST(with.told.value() == asio::error::operation_aborted);
  }
}

BOOST_FIXTURE_TEST_CASE(its_end_closes_nothing, unregistered) {
  auto const near_is = detail::registration::of(near.native_handle(), io.get_executor(), error);
  near_is->async_wait(ready_for::wait_read, tells());
  near_is->end();
  run();
  BOOST_TEST(told.value() == asio::error::operation_aborted);
  BOOST_TEST(::fcntl(near.native_handle(), F_GETFD) != -1);
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_one_goes_on, unregistered) {
  auto const near_is = of_near();
  near_is->async_wait(ready_for::wait_read, tells());
  near_is->cancel();
  run();
  BOOST_TEST(told.value() == asio::error::operation_aborted);
  BOOST_TEST(near_is->cancellations() == 1u);
  BOOST_TEST(!near_is->ended());
  near_is->async_wait(ready_for::wait_write, tells());
  run();
  BOOST_TEST(no_error(told.value()));
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_waited_for_is_an_error, unregistered) {
  trivium::socket file{::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)};  // epoll takes no files
  auto const of_file = detail::registration::of(file, io.get_executor(), error);
  BOOST_REQUIRE(no_error(error));
  of_file->async_wait(ready_for::wait_read, tells());
  BOOST_TEST(!told);  // not inside the call
  run();
  BOOST_TEST(told.value().failed());
  near.close();
  BOOST_TEST(!of_near());
  BOOST_TEST(error.value() == EBADF);
}

// Asio's sockets do not survive that.
BOOST_AUTO_TEST_CASE(a_socket_outlives_the_context_that_it_is_registered_in) {
  auto [near, far] = local_pair();
  {
    asio::io_context io;
    error_code error;
    auto const near_is = detail::registration::of(near, io.get_executor(), error);
    BOOST_REQUIRE(no_error(error));
    near_is->async_wait(ready_for::wait_read, [](error_code) { BOOST_ERROR("called"); });
  }
  BOOST_TEST(near.is_open());
  near.close();
  BOOST_TEST(near.registrations() == nullptr);
}

// A context at the same address is another one.
BOOST_AUTO_TEST_CASE(in_the_next_context_a_socket_is_registered_anew) {
  auto [near, far] = local_pair();
  std::optional<asio::io_context> io;
  for (int i = 0; i != 3; ++i) {
    io.emplace();
    error_code error;
    auto const near_is = detail::registration::of(near, io->get_executor(), error);
    BOOST_REQUIRE(no_error(error));
    std::optional<error_code> told;
    near_is->async_wait(ready_for::wait_write, [&](error_code came) { told = came; });
    io->run();
    BOOST_TEST(no_error(told.value()));
    BOOST_TEST(near.registrations()->next() == nullptr);  // the last one's is forgotten
  }
}
