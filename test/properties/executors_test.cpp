// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Executors and handlers that Asio's own operations take: old ones, minimal ones, over-aligned ones; and the
// executor that a token finds with the initiation.

#include <array>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/executor.hpp>
#include <boost/asio/experimental/promise.hpp>
#include <boost/asio/experimental/use_promise.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/io_context_strand.hpp>
#include <boost/asio/strand.hpp>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <joined.hpp>
#include <optional>
#include <printing.hpp>
#include <string>
#include <thread>
#include <trivium/async.hpp>
#include <trivium/listener.hpp>
#include <trivium/stream.hpp>
#include <type_traits>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

// All that the executor concept asks.
struct minimal {
  asio::io_context* on;
  template <class Function>
  void execute(Function function) const {
    on->get_executor().execute(std::move(function));
  }
  bool operator==(minimal const&) const noexcept = default;
};

// Completes at once, and after a wait that ends by itself, by a stop and by a limit.
template <class Executor>
void tells_on(asio::io_context& io, Executor const& executor) {
  auto [near_end, far] = tcp_pair();
  stream near{std::move(near_end), io.get_executor()};
  std::string into(5, '?');
  std::optional<transfer_result> told;
  auto const tells = [&] {
    return asio::bind_executor(executor, [&](transfer_result came) { told = came; });
  };
  auto const run = [&] {
    io.restart();
    io.run_for(60s);
    return told.value();
  };
  async::send_all(near, hello, tells());
  BOOST_TEST(!told);
  BOOST_TEST(run().bytes == 5u);
  async::receive_all(near, into, tells());
  into_far{far}(hello);
  BOOST_TEST(run().bytes == 5u);
  async::receive_all(near, into, {.timeout = 1ms}, tells());
  BOOST_TEST(run().error == errc::timed_out);
  std::stop_source stop;
  auto const token = stop.get_token();
  async::receive_all(near, into, {.stop = token}, tells());
  io.restart();
  io.poll();
  stop.request_stop();
  BOOST_TEST(run().error == errc::stopped);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_handler_may_have_any_executor_that_asio_takes) {
  asio::io_context io;
  tells_on(io, asio::io_context::strand{io});
  tells_on(io, asio::executor{io.get_executor()});
  tells_on(io, asio::executor{asio::make_strand(io)});
  tells_on(io, minimal{&io});
}

BOOST_AUTO_TEST_CASE(an_over_aligned_handler_is_aligned_when_it_is_called) {
  struct alignas(64) aligned {
    std::array<double, 8> values{};
  };
  joined ends;
  std::uintptr_t at = 1;
  async::send_all(ends.near, hello, {.timeout = 60s},
                  [&at, held = aligned{}](transfer_result) { at = reinterpret_cast<std::uintptr_t>(&held); });
  ends.io.run();
  BOOST_TEST(at % alignof(aligned) == 0u);
}

namespace {

// A token that tells what the initiation's executor is, and begins nothing.
struct tells_executor {};

}  // namespace

template <class... Signature>
struct boost::asio::async_result<tells_executor, Signature...> {
  template <class Initiation, class... Arguments>
  static auto initiate(Initiation&& begin, tells_executor, Arguments&&...) {
    return boost::asio::get_associated_executor(begin, boost::asio::system_executor{});
  }
};

BOOST_AUTO_TEST_CASE(every_initiation_has_the_executor_of_its_connection) {
  joined ends;
  std::string into(5, '?');
  auto const here = [&](auto const& executor) {
    return std::is_same_v<std::remove_cvref_t<decltype(executor)>, asio::any_io_executor> &&
           executor == ends.io.get_executor();
  };
  auto const any = endpoint::tcp("127.0.0.1", 0).value();
  auto at = listener::open(any, ends.io.get_executor()).value();
  tells_executor const tells;
  BOOST_TEST(here(async::send_some(ends.near, into, tells)));
  BOOST_TEST(here(async::send_all(ends.near, into, {.timeout = 1s}, tells)));
  BOOST_TEST(here(async::receive_some(ends.near, into, tells)));
  BOOST_TEST(here(async::receive_all(ends.near, into, tells)));
  BOOST_TEST(here(async::finish(ends.near, tells)));
  BOOST_TEST(here(async::handshake(ends.near, tells)));
  BOOST_TEST(here(async::connect(ends.io.get_executor(), any, tells)));
  BOOST_TEST(here(async::accept(at, tells)));
  BOOST_TEST(here(async::accept(ends.io.get_executor(), ends.far, tells)));
  BOOST_TEST(here(ends.near.async_read_some(asio::buffer(into), tells)));
  BOOST_TEST(here(ends.near.async_write_some(asio::buffer(into), tells)));
  BOOST_TEST(here(ends.near.async_wait(asio::socket_base::wait_read, tells)));
  BOOST_TEST(here(async::receive_all(ends.near, into, as_error(tells))));
}

BOOST_AUTO_TEST_CASE(a_promise_calls_its_handler_on_the_loop) {
  joined ends;
  std::string into(5, '?');
  ends.far_sends(hello);
  auto promise = async::receive_all(ends.near, into, asio::experimental::use_promise);
  std::optional<std::thread::id> by;
  promise([&](transfer_result const&) { by = std::this_thread::get_id(); });
  ends.io.run();
  BOOST_TEST(by.value() == std::this_thread::get_id());
}

// What waits and what has yet to make its next attempt; the connection goes on.
BOOST_AUTO_TEST_CASE(cancel_stops_what_is_under_way_in_both_directions_and_nothing_else) {
  joined ends{16 * 1024};
  std::string into(5, '?');
  std::string const large(std::size_t{1} << 20, 'x');
  std::optional<transfer_result> sent, received;
  std::optional<error_code> read;
  async::send_all(ends.near, large, [&](transfer_result came) { sent = came; });
  async::receive_all(ends.near, into, {.timeout = 60s}, [&](transfer_result came) { received = came; });
  ends.io.poll();
  ends.near.cancel();
  ends.io.restart();
  ends.io.run();
  BOOST_TEST(sent.value().error == errc::stopped);
  BOOST_TEST(sent->bytes < large.size());
  BOOST_TEST(received.value().error == errc::stopped);

  ends.near.async_read_some(asio::buffer(into), [&](error_code error, std::size_t) { read = error; });
  ends.near.cancel();
  ends.io.restart();
  ends.io.run();
  BOOST_TEST(read.value() == asio::error::operation_aborted);
  BOOST_TEST(ends.near.last_result(trivium::direction::receive).error == errc::stopped);

  into_far{ends.far}(hello);
  async::receive_all(ends.near, into, [&](transfer_result came) { received = came; });
  ends.io.restart();
  ends.io.run();
  BOOST_TEST(received.value().bytes == 5u);

  auto at = listener::open(endpoint::tcp("127.0.0.1", 0).value(), ends.io.get_executor()).value();
  std::optional<error_code> accepted;
  async::accept(at, [&](error_code error, trivium::socket) { accepted = error; });
  ends.io.restart();
  ends.io.poll();
  at.cancel();
  ends.io.run();
  BOOST_TEST(accepted.value() == errc::stopped);
  BOOST_TEST(at.is_open());
}
