// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/detail/attached_socket.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>
#include <optional>
#include <printing.hpp>
#include <transports.hpp>

using namespace trivium;
using namespace trivium::test;
namespace asio = boost::asio;

namespace {

struct attached : detail::attached_socket {
  attached(trivium::socket of, executor_type executor)
      : detail::attached_socket{std::move(of), std::move(executor)} {}
  using detail::attached_socket::close;
  using detail::attached_socket::release;
  using detail::attached_socket::remote_endpoint;
};

struct attached_end {
  std::pair<trivium::socket, trivium::socket> ends = tcp_pair();
  asio::io_context io;
  int const descriptor = ends.first.native_handle();
  attached near{std::move(ends.first), io.get_executor()};

  void run() {
    io.restart();
    io.run();
  }
  bool the_far_end_sees_an_end() {
    char byte;
    return ::recv(ends.second.native_handle(), &byte, 1, 0) == 0;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(it_is_a_socket_with_an_executor, attached_end) {
  BOOST_TEST(near.is_open());
  BOOST_TEST(near.native_handle() == descriptor);
  BOOST_TEST(near.get_executor() == io.get_executor());
  BOOST_TEST(near.remote_endpoint().value() == ends.second.local_endpoint().value());
  BOOST_TEST(near.local_endpoint().value() == ends.second.remote_endpoint().value());
  near.set_option(asio::ip::tcp::no_delay{true});
  asio::ip::tcp::no_delay read;
  near.get_option(read);
  BOOST_TEST(read.value());
}

// Asio's own waits work on it as on an Asio socket.
BOOST_FIXTURE_TEST_CASE(async_wait_tells_when_it_is_ready, attached_end) {
  bool writable = false, readable = false;
  near.async_wait(asio::socket_base::wait_write, [&](error_code error) { writable = !error; });
  run();
  BOOST_TEST(writable);
  near.async_wait(asio::socket_base::wait_read, [&](error_code error) { readable = !error; });
  io.restart();
  io.poll();
  BOOST_TEST(!readable);
  BOOST_TEST(::send(ends.second.native_handle(), "x", 1, 0) == 1);
  run();
  BOOST_TEST(readable);
}

BOOST_FIXTURE_TEST_CASE(async_wait_takes_any_token, attached_end) {
  auto ready = near.async_wait(asio::socket_base::wait_write, asio::use_future);
  run();
  BOOST_CHECK_NO_THROW(ready.get());
}

// The number may be somebody else's by the time that a lazy wait begins.
BOOST_FIXTURE_TEST_CASE(a_lazy_wait_is_for_the_descriptor_of_then, attached_end) {
  auto wait = near.async_wait(asio::socket_base::wait_write, asio::deferred);
  near.close();
  trivium::socket const other{::dup2(ends.second.native_handle(), descriptor)};
  BOOST_REQUIRE(other.native_handle() == descriptor);
  std::optional<error_code> told;
  std::move(wait)([&](error_code error) { told = error; });
  run();
  BOOST_TEST(told.value() == asio::error::bad_descriptor);
}

BOOST_FIXTURE_TEST_CASE(closing_it_ends_the_waits, attached_end) {
  error_code told;
  near.async_wait(asio::socket_base::wait_read, [&](error_code error) { told = error; });
  near.close();
  BOOST_TEST(!near.is_open());
  BOOST_TEST(the_far_end_sees_an_end());
  run();
  BOOST_TEST(told == asio::error::operation_aborted);
}

BOOST_FIXTURE_TEST_CASE(releasing_it_ends_the_waits_and_leaves_the_socket_open, attached_end) {
  error_code told;
  near.async_wait(asio::socket_base::wait_read, [&](error_code error) { told = error; });
  auto const given_back = near.release();
  BOOST_TEST(!near.is_open());
  BOOST_TEST(given_back.native_handle() == descriptor);
  run();
  BOOST_TEST(told == asio::error::operation_aborted);
  BOOST_TEST(::send(descriptor, "x", 1, 0) == 1);
}

BOOST_FIXTURE_TEST_CASE(assignment_closes_what_was_there, attached_end) {
  auto [a, b] = tcp_pair();
  int const other = a.native_handle();
  near = attached{std::move(a), io.get_executor()};
  BOOST_TEST(near.native_handle() == other);
  BOOST_TEST(the_far_end_sees_an_end());
}

BOOST_FIXTURE_TEST_CASE(moved_onto_itself_it_stays_open, attached_end) {
  auto& itself = near;
  near = std::move(itself);
  BOOST_TEST(near.native_handle() == descriptor);
}
