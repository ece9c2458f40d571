// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What ends an asynchronous operation before its time: its cancellation slot, a stop, a close, another's
// cancel.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/test/unit_test.hpp>
#include <faults.hpp>
#include <joined.hpp>
#include <memory>
#include <optional>
#include <peer.hpp>
#include <printing.hpp>
#include <string>
#include <thread>
#include <trivium/async.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

// What a receive, of which `so_far` has come, answers to a cancellation of that type.
enum class verb { some, all };
std::optional<transfer_result> cancelled(verb what, asio::cancellation_type type, std::string const& so_far) {
  joined ends;
  asio::cancellation_signal signal;
  std::optional<transfer_result> told;
  std::string into(10, '?');
  auto token = asio::bind_cancellation_slot(signal.slot(), [&](transfer_result result) { told = result; });
  if (!so_far.empty()) ends.far_sends(so_far);
  if (what == verb::some)
    async::receive_some(ends.near, into, std::move(token));
  else
    async::receive_all(ends.near, into, std::move(token));
  ends.io.poll();
  signal.emit(type);
  BOOST_TEST(!told);  // not inside emit
  ends.io.restart();
  ends.io.poll();
  auto const at_once = told;
  if (!told) {  // it goes on; let it end
    ends.far_sends(std::string(10 - so_far.size(), 'x'));
    ends.io.restart();
    ends.io.run();
    BOOST_TEST(told.has_value());
  }
  return at_once;
}

}  // namespace

BOOST_AUTO_TEST_CASE(all_heeds_terminal_and_partial_and_total_only_while_nothing_has_moved) {
  using enum asio::cancellation_type;
  for (auto const type : {terminal, partial})
    for (std::string const so_far : {"", "abc"}) {
      auto const told = cancelled(verb::all, type, so_far);
      BOOST_REQUIRE(told.has_value());
      BOOST_TEST(told->error == errc::stopped);
      BOOST_TEST(told->bytes == so_far.size());
      BOOST_TEST(told->connection_usable());
    }
  BOOST_TEST(cancelled(verb::all, total, "").value().error == errc::stopped);
  BOOST_TEST(!cancelled(verb::all, total, "abc").has_value());
}

BOOST_AUTO_TEST_CASE(some_heeds_every_type) {
  using enum asio::cancellation_type;
  for (auto const type : {terminal, partial, total})
    BOOST_TEST(cancelled(verb::some, type, "").value().error == errc::stopped);
}

BOOST_AUTO_TEST_CASE(connect_and_accept_heed_every_type) {
  using enum asio::cancellation_type;
  for (auto const type : {terminal, partial, total}) {
    asio::io_context io;
    auto listening = listen(endpoint::tcp("127.0.0.1", 0).value()).value();
    asio::cancellation_signal signal;
    error_code told;
    async::accept(io.get_executor(), listening,
                  asio::bind_cancellation_slot(signal.slot(),
                                               [&](error_code error, trivium::socket) { told = error; }));
    io.poll();
    signal.emit(type);
    io.restart();
    io.run();
    BOOST_TEST(told == errc::stopped);
  }
}

BOOST_AUTO_TEST_CASE(a_cancellation_that_comes_after_the_end_changes_nothing) {
  joined ends;
  asio::cancellation_signal signal;
  std::optional<transfer_result> told;
  async::send_all(ends.near, hello, asio::bind_cancellation_slot(signal.slot(), [&](transfer_result result) {
                    told = result;
                  }));
  signal.emit(asio::cancellation_type::terminal);  // all of it is sent, the handler not yet called
  ends.io.run();
  BOOST_REQUIRE(told.has_value());
  BOOST_TEST(no_error(*told));
  signal.emit(asio::cancellation_type::terminal);
}

// It comes while the operation is begun, which then looks itself; also where the context is destroyed before
// anybody could be told.
BOOST_AUTO_TEST_CASE(a_cancellation_within_an_attempt_ends_it) {
  for (bool const destroyed : {false, true}) {
    auto const owned = std::make_shared<int>(0);
    std::optional<transfer_result> told;
    {
      joined ends;
      asio::cancellation_signal signal;
      std::string into(5, '?');
      faults const seam{[&](moving_call const& call) {
        if (call.number == 0) return fault{.error = EINTR};
        signal.emit(asio::cancellation_type::terminal);
        return fault{.error = EAGAIN};
      }};
      async::receive_all(ends.near, into,
                         asio::bind_cancellation_slot(
                             signal.slot(), [&told, owned](transfer_result result) { told = result; }));
      BOOST_TEST(!told);
      if (!destroyed) {
        ends.io.run();
        BOOST_TEST(told.value().error == errc::stopped);
        BOOST_TEST(told->bytes == 0u);
      }
    }
    BOOST_TEST(told.has_value() != destroyed);
    BOOST_TEST(owned.use_count() == 1);
  }
}

BOOST_AUTO_TEST_CASE(cancelled_it_leaves_the_connection_to_the_next) {
  joined ends;
  asio::cancellation_signal signal;
  std::string into(5, '?');
  async::receive_all(ends.near, into, asio::bind_cancellation_slot(signal.slot(), [](transfer_result) {}));
  ends.io.poll();
  signal.emit(asio::cancellation_type::terminal);
  ends.io.restart();
  ends.io.run();
  ends.far_sends(hello);
  std::size_t bytes = 0;
  async::receive_all(ends.near, into, [&](transfer_result result) { bytes = result.bytes; });
  ends.io.restart();
  ends.io.run();
  BOOST_TEST(bytes == 5u);
}

// A cancelled receive is no affair of the send that waits at the same socket.
BOOST_AUTO_TEST_CASE(a_cancellation_ends_its_own_operation_only) {
  joined ends{16 * 1024};
  auto const data = pattern(1 << 20);
  asio::cancellation_signal signal;
  std::optional<transfer_result> sent, received;
  std::string into(5, '?');
  async::send_all(ends.near, data, [&](transfer_result result) { sent = result; });
  async::receive_all(
      ends.near, into,
      asio::bind_cancellation_slot(signal.slot(), [&](transfer_result result) { received = result; }));
  ends.io.poll();
  signal.emit(asio::cancellation_type::terminal);
  ends.io.restart();
  ends.io.poll();
  BOOST_TEST(received.value().error == errc::stopped);
  BOOST_TEST(!sent.has_value());
  reading_peer peer{ends.far};
  ends.io.restart();
  ends.io.run();
  BOOST_TEST(no_error(sent.value()));
  ends.near.close();
  BOOST_TEST(same(peer.seen(), data));
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_closed_meanwhile_is_stopped) {
  joined ends;
  std::optional<transfer_result> told;
  std::string into(5, '?');
  async::receive_all(ends.near, into, {.timeout = 1h}, [&](transfer_result result) { told = result; });
  ends.io.poll();
  ends.near.close();
  ends.io.restart();
  ends.io.run();
  BOOST_TEST(told.value().error == errc::stopped);
}

BOOST_AUTO_TEST_CASE(an_asio_socket_that_cancels_stops_it) {
  auto [a, b] = tcp_pair();
  asio::io_context io;
  asio::ip::tcp::socket near{io, asio::ip::tcp::v4(), a.release()};
  std::optional<transfer_result> told;
  std::string into(5, '?');
  async::receive_all(near, into, [&](transfer_result result) { told = result; });
  io.poll();
  near.cancel();
  io.restart();
  io.run();
  BOOST_TEST(told.value().error == errc::stopped);
}

BOOST_AUTO_TEST_CASE(a_stop_from_another_thread_ends_each_verb) {
  auto [a, b] = tcp_pair(16 * 1024);
  asio::io_context io;
  stream near{std::move(a), io.get_executor()};
  auto listening = listen(endpoint::tcp("127.0.0.1", 0).value()).value();
  std::stop_source stop;
  auto const token = stop.get_token();
  limits const stops{.timeout = 60s, .stop = token};
  int stopped = 0;
  std::string into(5, '?');
  auto const data = pattern(8 << 20);
  auto const count = [&](transfer_result const& result) { stopped += result.error == errc::stopped; };
  async::receive_all(near, into, stops, count);
  async::send_all(near, data, stops, count);
  async::accept(io.get_executor(), listening, stops,
                [&](error_code error, trivium::socket) { stopped += error == errc::stopped; });
  std::thread stopper{[&] { stop.request_stop(); }};
  io.run();
  stopper.join();
  BOOST_TEST(stopped == 3);
}
