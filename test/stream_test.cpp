// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/stream.hpp>

#include <fcntl.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/test/unit_test.hpp>
#include <joined.hpp>
#include <optional>
#include <printing.hpp>
#include <string>
#include <trivium/async.hpp>
#include <trivium/nonblocking.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

struct with_handler : with_room {
  int const descriptor = near.native_handle();
  std::optional<transfer_result> told;

  auto tells() {
    return [this](transfer_result result) { told = result; };
  }
};

}  // namespace

static_assert(!std::is_copy_constructible_v<stream>);
static_assert(std::is_move_constructible_v<stream>);
static_assert(async::waitable<stream>);
static_assert(!async::waitable<trivium::socket>);

BOOST_FIXTURE_TEST_CASE(it_is_a_socket_with_an_executor, with_handler) {
  BOOST_TEST(near.is_open());
  BOOST_TEST(near.native_handle() == descriptor);
  BOOST_TEST(near.get_executor() == io.get_executor());
  BOOST_TEST(near.remote_endpoint().value() == far.local_endpoint().value());
  BOOST_TEST(near.local_endpoint().value() == far.remote_endpoint().value());
}

BOOST_FIXTURE_TEST_CASE(the_other_ways_use_it_without_its_loop, with_handler) {
  std::string const text = "hello";
  BOOST_TEST(no_error(blocking::send_all(near, text)));
  BOOST_TEST(::recv(far.native_handle(), into.data(), 5, MSG_DONTWAIT) == 5);
  BOOST_TEST(nonblocking::receive_some(near, into).error == errc::would_block);
}

BOOST_FIXTURE_TEST_CASE(it_is_nonblocking_only_after_the_first_wait, with_handler,
                        *boost::unit_test::label("reactor")) {
  auto const nonblocking = [&] { return (::fcntl(descriptor, F_GETFL) & O_NONBLOCK) != 0; };
  std::string const text = "hello";
  async::send_all(near, text, tells());
  run();
  BOOST_TEST(!nonblocking());
  async::receive_all(near, into, tells());
  io.restart();
  io.poll();
  BOOST_TEST(nonblocking());
}

BOOST_FIXTURE_TEST_CASE(closing_it_stops_what_is_under_way, with_handler) {
  async::receive_all(near, into, tells());
  io.poll();
  near.close();
  BOOST_TEST(!near.is_open());
  run();
  BOOST_TEST(told.value().error == errc::stopped);
}

// The stop has been posted already when the stream is closed: it arrives, and is not told a second time.
BOOST_FIXTURE_TEST_CASE(closing_it_while_a_stop_is_on_its_way_stops_once, with_handler) {
  std::stop_source stop;
  auto const token = stop.get_token();
  async::receive_all(near, into, {.stop = token}, tells());
  io.poll();
  stop.request_stop();
  near.close();
  run();
  BOOST_TEST(told.value().error == errc::stopped);
}

BOOST_FIXTURE_TEST_CASE(closing_it_between_two_budgets_stops_what_is_under_way, with_handler) {
  std::vector<std::byte> const data(3 * async::budget);
  std::thread drains{[fd = far.native_handle()] {
    static char part[1 << 20];
    while (::recv(fd, part, sizeof part, 0) > 0) {
    }
  }};
  async::send_all(near, data, tells());
  near.close();  // whatever it does just now: wait for room, or for its next turn
  run();
  drains.join();
  BOOST_REQUIRE(told.has_value());
  BOOST_TEST(told->error == errc::stopped);
  BOOST_TEST(told->bytes < data.size());
}

BOOST_FIXTURE_TEST_CASE(release_gives_the_socket_back_as_usable_as_before, with_handler) {
  async::receive_all(near, into, {.timeout = 1ms}, tells());
  run();
  auto socket = near.release();
  BOOST_TEST(!near.is_open());
  BOOST_TEST(socket.native_handle() == descriptor);
  far_sends("hello");
  BOOST_TEST(blocking::receive_all(socket, into).bytes == 5u);
  asio::io_context elsewhere;  // and another loop may have it
  stream again{std::move(socket), elsewhere.get_executor()};
  async::receive_all(again, into, {.timeout = 1ms}, tells());
  elsewhere.run();
  BOOST_TEST(told.value().error == errc::timed_out);
}

// An answer has seldom come when it is asked for: a receive after one that found nothing begins with its
// wait.
BOOST_FIXTURE_TEST_CASE(a_receive_that_has_learnt_to_wait_still_takes_every_byte_and_keeps_its_limits,
                        with_handler, *boost::unit_test::label("reactor")) {
  std::size_t bytes = 0, calls = 0;
  for (int i = 0; i != 20; ++i) {
    async::receive_all(near, into, tells());
    io.restart();
    io.poll();
    far_sends("hello");
    run();
    BOOST_TEST(no_error(told.value()));
    bytes += told->bytes, calls += told->calls;
  }
  BOOST_TEST(bytes == 100u);
  BOOST_TEST(calls < 30u);  // 40 if each began with an attempt in vain
  // What lies there already is found at once, and the limits hold as ever.
  far_sends("hello");
  async::receive_all(near, into, {.timeout = 10s}, tells());
  run();
  BOOST_TEST(told.value().bytes == 5u);
  async::receive_all(near, into, {.timeout = 2ms}, tells());
  run();
  BOOST_TEST(told.value().error == errc::timed_out);
  async::receive_all(near, into, {.timeout = 0s}, tells());
  run();
  BOOST_TEST(told.value().error == errc::would_block);
  far.close();
  async::receive_all(near, into, tells());
  run();
  BOOST_TEST(told.value().error == errc::end_of_file);
}

namespace {

struct moded : with_handler {
  error_code error;
  auto read() { return near.read_some(asio::buffer(into), error); }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(the_verbs_heed_its_mode_where_the_call_says_nothing, moded) {
  near.set_timeout(1ms);
  BOOST_TEST(blocking::receive_all(near, into).error == errc::timed_out);
  BOOST_TEST(blocking::receive_all(near, into, {.timeout = 0s}).error == errc::would_block);
  async::receive_all(near, into, tells());
  run();
  BOOST_TEST(told.value().error == errc::timed_out);

  std::stop_source stop;
  near.set_stop(stop.get_token());
  near.set_timeout(std::nullopt);
  stop.request_stop();
  BOOST_TEST(blocking::receive_all(near, into).error == errc::stopped);
  BOOST_TEST(blocking::finish(near).error == errc::stopped);
}

// A way that is named waits as its name says.
BOOST_FIXTURE_TEST_CASE(nonblocking_mode_is_for_its_own_calls, moded) {
  near.set_blocking(false);
  async::receive_all(near, into, tells());
  io.poll();
  BOOST_TEST(!told.has_value());
  far_sends("hello");
  run();
  BOOST_TEST(told.value().bytes == 5U);
  far_sends("world");
  BOOST_TEST(blocking::receive_all(near, into).bytes == 5U);
}

BOOST_FIXTURE_TEST_CASE(the_mode_does_not_show_on_the_descriptor, moded) {
  auto const flags = ::fcntl(descriptor, F_GETFL);
  for (auto const blocking : {false, true}) {
    near.set_blocking(blocking);
    BOOST_TEST(::fcntl(descriptor, F_GETFL) == flags);
  }
  near.set_timeout(1ms);
  read();
  BOOST_TEST(::fcntl(descriptor, F_GETFL) == flags);
}

BOOST_FIXTURE_TEST_CASE(it_takes_an_asio_socket_over, moded) {
  asio::ip::tcp::socket of_asio{io, asio::ip::tcp::v4(), near.release().release()};
  of_asio.non_blocking(true);
  stream over{std::move(of_asio)};
  BOOST_TEST(over.native_handle() == descriptor);
  BOOST_TEST(over.get_executor() == io.get_executor());
  std::thread answers{[fd = far.native_handle()] { ::send(fd, "hello", 5, 0); }};
  BOOST_TEST(over.read_some(asio::buffer(into)) == 5U);  // it waits, whatever the flag says
  answers.join();
}

// A handler of an Asio acceptor's accept may take a stream, also where that fails.
BOOST_FIXTURE_TEST_CASE(of_a_closed_asio_socket_it_is_closed, moded) {
  asio::ip::tcp::acceptor at{io, {asio::ip::address_v4::loopback(), 0}};
  std::optional<error_code> accepted;
  at.async_accept([&](error_code why, stream peer) {
    accepted = why;
    BOOST_TEST(!peer.is_open());
    BOOST_TEST(peer.get_executor() == io.get_executor());
  });
  at.close();
  io.run();
  BOOST_TEST(accepted.value() == asio::error::operation_aborted);
}

BOOST_FIXTURE_TEST_CASE(it_keeps_its_mode_when_it_moves, moded) {
  near.set_timeout(3s);
  near.set_deadline(time_point{} + 1h);
  stream moved{std::move(near)};
  BOOST_TEST(moved.timeout() == 3s);
  BOOST_TEST(moved.deadline() == time_point{} + 1h);
  near = std::move(moved);
  BOOST_TEST(near.timeout() == 3s);
  auto& itself = near;
  near = std::move(itself);
  BOOST_TEST(near.is_open());
}

BOOST_FIXTURE_TEST_CASE(shutdown_ends_our_sending, moded) {
  near.shutdown(asio::socket_base::shutdown_send);
  char byte;
  BOOST_TEST(::recv(far.native_handle(), &byte, 1, 0) == 0);
  far_sends("abc");
  BOOST_TEST(read() == 3U);
}

// --- What programs call an Asio socket by.

BOOST_FIXTURE_TEST_CASE(it_is_made_of_a_context_or_an_executor_and_is_not_open, moded) {
  stream of_context{io}, of_executor{io.get_executor()};
  for (auto* const made : {&of_context, &of_executor}) {
    BOOST_TEST(!made->is_open());
    BOOST_TEST(made->get_executor() == io.get_executor());
    made->read_some(asio::buffer(into), error);
    BOOST_TEST(error == asio::error::bad_descriptor);
  }
}

BOOST_FIXTURE_TEST_CASE(every_call_with_an_error_says_what_the_short_one_throws, moded) {
  stream closed{io};
  auto const bad = [](auto const& thrown) { return thrown.code() == asio::error::bad_descriptor; };
  asio::ip::tcp::no_delay option;
  asio::ip::tcp::endpoint const anywhere{asio::ip::address_v4::loopback(), 0};
  error_code set, get, shut, bytes, bound, waited;
  closed.set_option(option, set);
  closed.get_option(option, get);
  closed.shutdown(stream::shutdown_both, shut);
  BOOST_TEST(closed.available(bytes) == 0U);
  closed.bind(anywhere, bound);
  closed.wait(stream::wait_read, waited);
  for (auto const& told_of : {set, get, shut, bytes, bound, waited})
    BOOST_TEST(told_of == asio::error::bad_descriptor);
  near.wait(stream::wait_error, waited);
  BOOST_TEST(waited == asio::error::operation_not_supported);
  BOOST_CHECK_EXCEPTION(closed.set_option(option), boost::system::system_error, bad);
  BOOST_CHECK_EXCEPTION(closed.get_option(option), boost::system::system_error, bad);
  BOOST_CHECK_EXCEPTION(closed.shutdown(stream::shutdown_both), boost::system::system_error, bad);
  BOOST_CHECK_EXCEPTION(static_cast<void>(closed.available()), boost::system::system_error, bad);
  BOOST_CHECK_EXCEPTION(closed.bind(anywhere), boost::system::system_error, bad);
  BOOST_CHECK_EXCEPTION(closed.wait(stream::wait_read), boost::system::system_error, bad);
  closed.close(error);
  BOOST_TEST(no_error(error));
  closed.cancel(error);
  BOOST_TEST(no_error(error));
}

BOOST_FIXTURE_TEST_CASE(available_tells_what_has_arrived, moded) {
  BOOST_TEST(near.available() == 0U);
  far_sends("abc");
  near.wait(stream::wait_read);
  BOOST_TEST(near.available() == 3U);
}

BOOST_FIXTURE_TEST_CASE(wait_moves_nothing_and_heeds_the_mode, moded) {
  near.wait(stream::wait_write, error);
  BOOST_TEST(no_error(error));
  near.set_timeout(1ms);
  near.wait(stream::wait_read, error);
  BOOST_TEST(error == asio::error::timed_out);
  near.set_blocking(false);
  near.wait(stream::wait_read, error);
  BOOST_TEST(error == asio::error::would_block);
  far_sends("abc");
  near.set_timeout(1min);
  near.wait(stream::wait_read, error);
  BOOST_TEST(no_error(error));
  BOOST_TEST(read() == 3U);
}

BOOST_FIXTURE_TEST_CASE(send_and_receive_are_its_reads_and_writes, moded) {
  BOOST_TEST(near.send(asio::buffer("abc", 3)) == 3U);
  BOOST_TEST(near.send(asio::buffer("de", 2), 0, error) == 2U);
  BOOST_TEST(no_error(error));
  BOOST_TEST(::recv(far.native_handle(), into.data(), 5, MSG_WAITALL) == 5);
  BOOST_TEST(into == "abcde");
  far_sends("hello");
  BOOST_TEST(near.receive(asio::buffer(into), MSG_PEEK, error) == 0U);
  BOOST_TEST(error == asio::error::operation_not_supported);
  BOOST_CHECK_THROW(near.send(asio::buffer(into), MSG_OOB), boost::system::system_error);
  BOOST_TEST(near.receive(asio::buffer(into)) == 5U);
  std::size_t moved = 0;
  auto const tells_both = [&](error_code why, std::size_t bytes) { error = why, moved = bytes; };
  near.async_send(asio::buffer("abc", 3), tells_both);
  run();
  BOOST_TEST(no_error(error));
  BOOST_TEST(moved == 3U);
  far_sends("xy");
  near.async_receive(asio::buffer(into), tells_both);
  run();
  BOOST_TEST(no_error(error));
  BOOST_TEST(moved == 2U);
}

BOOST_FIXTURE_TEST_CASE(non_blocking_is_its_mode, moded) {
  near.non_blocking(true);
  BOOST_TEST(near.non_blocking());
  BOOST_TEST(!near.is_blocking());
  near.non_blocking(false, error);
  BOOST_TEST(no_error(error));
  BOOST_TEST(near.is_blocking());
}

BOOST_FIXTURE_TEST_CASE(beasts_names_lead_to_itself_and_to_asios_socket, moded) {
  BOOST_TEST(&near.socket() == &near);
  std::optional<error_code> waited;
  near.async_wait(stream::wait_write, [&](error_code why) { waited = why; });
  io.run();  // in whose epoll set it is now
  BOOST_TEST(no_error(waited.value()));
  auto of_asio = near.release_socket();
  BOOST_TEST(!near.is_open());
  BOOST_TEST(of_asio.native_handle() == descriptor);
  far_sends("abc");
  BOOST_TEST(of_asio.read_some(asio::buffer(into)) == 3U);
  stream back = std::move(of_asio);  // implicit: where a program hands a socket to a function of ours
  BOOST_TEST(back.native_handle() == descriptor);
  auto [a, b] = local_pair();
  stream of_unix{std::move(a), io.get_executor()};
  BOOST_CHECK_THROW(of_unix.release_socket(), boost::system::system_error);
  BOOST_TEST(of_unix.is_open());
}
