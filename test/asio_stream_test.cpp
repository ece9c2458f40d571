// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/asio_stream.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>
#include <faults.hpp>
#include <joined.hpp>
#include <printing.hpp>
#include <string>
#include <thread>
#include <trivium/stream.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

struct with_error : with_room {
  using with_room::with_room;
  error_code error;

  auto read() { return near.read_some(asio::buffer(into), error); }
  auto write(std::string const& text) { return near.write_some(asio::buffer(text), error); }
  void fill() {
    near.set_blocking(false);
    while (write(std::string(1 << 20, 'x')) != 0) {
    }
    BOOST_TEST_REQUIRE(error == asio::error::would_block);
  }
};

// What is full stays full: over TCP the far end's kernel may make room later.
struct over_local : with_error {
  over_local() : with_error{local_pair()} {}
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(its_errors_are_asios_and_the_result_keeps_ours, with_error) {
  near.set_blocking(false);
  BOOST_TEST(read() == 0U);
  BOOST_TEST(error == asio::error::would_block);
  BOOST_TEST(near.last_result(direction::receive).error == errc::would_block);
  BOOST_TEST(near.last_result(direction::receive).calls == 1U);

  near.set_timeout(1ms);
  read();
  BOOST_TEST(error == asio::error::timed_out);
  BOOST_TEST(near.last_result(direction::receive).error == errc::timed_out);

  std::stop_source stop;
  near.set_stop(stop.get_token());
  stop.request_stop();
  read();
  BOOST_TEST(error == asio::error::operation_aborted);
  BOOST_TEST(near.last_result(direction::receive).error == errc::stopped);
  near.set_stop({});

  far_sends("abc");
  BOOST_TEST(read() == 3U);
  BOOST_TEST(no_error(error));
  BOOST_TEST(near.last_result(direction::receive).bytes == 3U);

  far.close();
  read();
  BOOST_TEST(error == asio::error::eof);
}

BOOST_AUTO_TEST_CASE(every_limit_has_a_name_of_asios) {
  BOOST_TEST(as_asio_error(errc::stalled) == asio::error::timed_out);
  BOOST_TEST(as_asio_error(errc::too_slow) == asio::error::timed_out);
  BOOST_TEST(as_asio_error(errc::session_broken) == errc::session_broken);
  BOOST_TEST(!as_asio_error({}));
  error_code const of_the_kernel{ECONNRESET, boost::system::system_category()};
  BOOST_TEST(as_asio_error(of_the_kernel) == asio::error::connection_reset);
}

BOOST_FIXTURE_TEST_CASE(the_short_forms_throw, over_local) {
  near.set_blocking(false);
  BOOST_CHECK_EXCEPTION(near.read_some(asio::buffer(into)), boost::system::system_error,
                        [](auto const& thrown) { return thrown.code() == asio::error::would_block; });
  fill();
  BOOST_CHECK_EXCEPTION(near.write_some(asio::buffer(into)), boost::system::system_error,
                        [](auto const& thrown) { return thrown.code() == asio::error::would_block; });
}

BOOST_FIXTURE_TEST_CASE(an_empty_sequence_is_no_system_call, with_error) {
  near.set_blocking(false);
  BOOST_TEST(near.read_some(asio::mutable_buffer{}, error) == 0U);
  BOOST_TEST(no_error(error));
  BOOST_TEST(near.write_some(asio::const_buffer{}, error) == 0U);
  BOOST_TEST(no_error(error));
  BOOST_TEST(near.last_result(direction::send).calls == 0U);
}

// Without anything that could end the wait, the calls are those of a socket: one for all of it.
BOOST_FIXTURE_TEST_CASE(a_write_that_only_the_peer_can_end_is_one_system_call, with_error) {
  std::string const much(8 << 20, 'x');
  std::thread drains{[fd = far.native_handle()] {
    static char part[1 << 20];
    while (::recv(fd, part, sizeof part, 0) > 0) {
    }
  }};
  BOOST_TEST(write(much) == much.size());
  BOOST_TEST(near.last_result(direction::send).calls == 2U);  // of at most 4 MiB each
  BOOST_TEST(near.last_result(direction::send).waits == 0U);
  near.close();
  drains.join();
}

BOOST_FIXTURE_TEST_CASE(a_call_that_only_the_peer_can_end_tells_an_error_once, with_error) {
  far_sends("abc");
  {
    faults seam{[](moving_call const&) { return fault{.error = ECONNRESET}; }};
    BOOST_TEST(read() == 0U);
    BOOST_TEST(error == asio::error::connection_reset);
    BOOST_TEST(near.last_result(direction::receive).calls == 1U);
    BOOST_TEST(write("x") == 0U);
    BOOST_TEST(error == asio::error::connection_reset);
    BOOST_TEST(seam.all == 2U);
  }
  BOOST_TEST(read() == 3U);
  BOOST_TEST(no_error(error));
  BOOST_TEST(no_error(near.last_result(direction::receive)));
  BOOST_TEST(into == "abc??");
}

BOOST_FIXTURE_TEST_CASE(asynchronously_it_reads_and_writes_some, with_error) {
  std::size_t bytes = 0;
  auto const tells_error = [&](error_code why, std::size_t moved) { error = why, bytes = moved; };
  near.set_timeout(1ms);
  near.async_read_some(asio::buffer(into), tells_error);
  run();
  BOOST_TEST(error == asio::error::timed_out);
  BOOST_TEST(near.last_result(direction::receive).error == errc::timed_out);
  far_sends("abc");
  near.async_read_some(asio::buffer(into), tells_error);
  run();
  BOOST_TEST(no_error(error));
  BOOST_TEST(bytes == 3U);
  near.async_write_some(asio::buffer("hello", 5), tells_error);
  run();
  BOOST_TEST(no_error(error));
  BOOST_TEST(bytes == 5U);
  BOOST_TEST(near.last_result(direction::send).bytes == 5U);
}

BOOST_FIXTURE_TEST_CASE(after_a_write_limit_it_can_be_final, over_local) {
  fill();
  write("x");
  BOOST_TEST(error == asio::error::would_block);  // not asked for: it may go on
  near.final_after_write_limit();
  write("x");
  BOOST_TEST(error == asio::error::would_block);
  write("x");
  BOOST_TEST(error == errc::session_broken);
  BOOST_TEST(near.last_result(direction::send).calls == 0U);
  BOOST_TEST(!near.last_result(direction::send).connection_usable());
  near.async_write_some(asio::buffer(into), [&](error_code why, std::size_t) { error = why; });
  error.clear();
  run();
  BOOST_TEST(error == errc::session_broken);
  read();  // a limit on a read ends nothing
  BOOST_TEST(error == asio::error::would_block);
  far_sends("abc");
  BOOST_TEST(read() == 3U);
}

BOOST_FIXTURE_TEST_CASE(one_direction_may_become_final_while_another_thread_moves_the_other, with_error) {
  near.final_after_write_limit();
  near.set_blocking(false);
  std::thread reads{[&] {
    error_code why;
    for (int i = 0; i != 1000; ++i) near.read_some(asio::buffer(into), why);
  }};
  std::string const much(1 << 20, 'x');
  while (error != errc::session_broken) write(much);
  reads.join();
  BOOST_TEST(near.last_result(direction::receive).error == errc::would_block);
}
