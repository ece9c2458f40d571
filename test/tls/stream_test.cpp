// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/tls/stream.hpp>

#include <openssl/x509.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/test/unit_test.hpp>
#include <elsewhere.hpp>
#include <faults.hpp>
#include <optional>
#include <peer.hpp>
#include <printing.hpp>
#include <string>
#include <thread>
#include <tls_pair.hpp>
#include <trivium/async.hpp>
#include <trivium/blocking.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

// Both ends on one event loop.
struct both {
  explicit both(tls_client_context const& trust = trusting(), std::string_view host = "localhost",
                int buffer_bytes = 0)
      : both{tls_pair{trust, host, server_of(certificates::here().good), buffer_bytes}} {}

  asio::io_context io;
  tls_stream client, server;

  auto tells(std::optional<transfer_result>& where) {
    return [&where](transfer_result result) { where = result; };
  }
  void run() {
    io.restart();
    io.run_for(1min);
  }
  void shake() {
    std::optional<transfer_result> of_client, of_server;
    async::handshake(client, tells(of_client));
    async::handshake(server, tells(of_server));
    BOOST_TEST(!of_client);  // never inside the call
    BOOST_TEST(!of_server);
    run();
    BOOST_REQUIRE(no_error(of_client.value()));
    BOOST_REQUIRE(no_error(of_server.value()));
  }

 private:
  explicit both(tls_pair ends)
      : client{std::move(ends.client), io.get_executor()},
        server{std::move(ends.server), io.get_executor()} {}
};

}  // namespace

static_assert(!std::is_copy_constructible_v<tls_stream>);
static_assert(std::is_move_constructible_v<tls_stream>);
static_assert(async::waitable<tls_stream>);
static_assert(!async::waitable<tls_session>);

BOOST_AUTO_TEST_CASE(both_ends_shake_hands_and_talk_on_one_loop) {
  both ends;
  ends.shake();
  BOOST_TEST(ends.client.version() == "TLSv1.3");
  auto const data = pattern(3 << 20);
  std::vector<std::byte> into(data.size());
  std::optional<transfer_result> sent, received, ended;
  async::send_all(ends.client, data, ends.tells(sent));
  async::receive_all(ends.server, into, ends.tells(received));
  ends.run();
  BOOST_TEST(no_error(sent.value()));
  BOOST_TEST(no_error(received.value()));
  BOOST_TEST(same(into, data));
  async::finish(ends.client, ends.tells(sent));
  async::receive_some(ends.server, into, ends.tells(ended));
  ends.run();
  BOOST_TEST(no_error(sent.value()));
  BOOST_TEST(ended.value().error == errc::end_of_file);
}

BOOST_AUTO_TEST_CASE(the_same_stream_serves_every_way_in_turn) {
  both ends;
  ends.shake();
  std::string const text = "in turn";
  std::string heard(text.size(), '?');
  std::optional<transfer_result> told;
  for (int i = 0; i != 3; ++i) {
    BOOST_TEST(no_error(blocking::send_all(ends.client, text, a_minute)));
    async::receive_all(ends.server, heard, ends.tells(told));
    ends.run();
    BOOST_TEST(heard == text);
    BOOST_TEST(nonblocking::send_some(ends.server, text).bytes == text.size());
    BOOST_TEST(no_error(blocking::receive_all(ends.client, heard, a_minute)));
    async::send_all(ends.client, text, ends.tells(told));
    ends.run();
    BOOST_TEST(no_error(nonblocking::receive_all(ends.server, heard, retry::poll, a_minute)));
  }
}

BOOST_AUTO_TEST_CASE(both_directions_of_both_ends_at_once) {
  both ends{trusting(), "localhost", 32 * 1024};  // each at first shakes hands
  auto const data = pattern(2 << 20);
  std::vector<std::byte> there(data.size()), back(data.size());
  std::optional<transfer_result> results[4];
  async::send_all(ends.client, data, ends.tells(results[0]));
  async::send_all(ends.server, data, ends.tells(results[1]));
  async::receive_all(ends.client, back, ends.tells(results[2]));
  async::receive_all(ends.server, there, ends.tells(results[3]));
  ends.run();
  for (auto const& result : results) BOOST_TEST(no_error(result.value()));
  BOOST_TEST(same(there, data));
  BOOST_TEST(same(back, data));
}

BOOST_AUTO_TEST_CASE(who_is_refused_is_told_to_the_handler) {
  both ends{trusting(), "elsewhere.example"};
  std::optional<transfer_result> of_client, of_server;
  async::handshake(ends.client, ends.tells(of_client));
  async::handshake(ends.server, ends.tells(of_server));
  ends.run();
  BOOST_TEST(of_client.value().error.category() == tls_verification_category());
  BOOST_TEST(of_client->error.value() == X509_V_ERR_HOSTNAME_MISMATCH);
  BOOST_TEST(!!of_server.value().error);
}

BOOST_AUTO_TEST_CASE(a_limit_ends_a_send_in_a_record_and_the_next_goes_on) {
  both ends{trusting(), "localhost", 16 * 1024};
  ends.shake();
  auto const data = pattern(8 << 20);
  std::vector<std::byte> into(data.size());
  std::optional<transfer_result> sent, rest, received;
  async::send_all(ends.client, data, {.timeout = 20ms}, ends.tells(sent));
  ends.run();
  BOOST_TEST(sent.value().error == errc::timed_out);
  BOOST_TEST(sent->connection_usable());
  BOOST_TEST(ends.client.has_pending_output());
  async::send_all(ends.client, std::span{data}.subspan(sent->bytes), ends.tells(rest));
  async::receive_all(ends.server, into, ends.tells(received));
  ends.run();
  BOOST_TEST(no_error(rest.value()));
  BOOST_TEST(same(into, data));
}

// What is held back goes out when the descriptor is writable, though the operation under way is a receive.
BOOST_AUTO_TEST_CASE(a_receive_waits_for_both_directions_where_it_has_to) {
  both ends;
  ends.shake();
  std::string const question = "what is held back?";
  std::string heard(question.size(), '?'), answer(2, '?');
  std::optional<transfer_result> answered;
  {
    trivium::test::faults seam{[n = 0](moving_call const& call) mutable {
      if (call.what != moving_call::kind::send) return fault{};
      return n++ == 0 ? fault{.at_most = 3} : fault{.error = EAGAIN};
    }};
    BOOST_TEST(nonblocking::send_some(ends.client, question).bytes == question.size());
    async::receive_all(ends.client, answer, ends.tells(answered));  // its first attempt is refused too
  }
  BOOST_TEST(ends.client.has_pending_output());
  ends.io.restart();
  while (ends.client.has_pending_output() && ends.io.run_one_for(1min) != 0) {
  }
  BOOST_TEST(no_error(blocking::receive_all(ends.server, heard, a_minute)));
  BOOST_TEST(heard == question);
  std::string const is = "no";
  BOOST_TEST(no_error(blocking::send_all(ends.server, is, a_minute)));
  ends.run();
  BOOST_TEST(no_error(answered.value()));
  BOOST_TEST(answer == "no");
}

BOOST_AUTO_TEST_CASE(a_cancelled_receive_that_waits_for_both_is_stopped_and_leaves_no_wait) {
  both ends{trusting(), "localhost", 16 * 1024};
  ends.shake();
  std::vector<std::byte> const data(8 << 20);
  std::string into(1, '?');
  BOOST_TEST(blocking::send_all(ends.client, data, {.timeout = 0s}).error == errc::would_block);
  BOOST_TEST(ends.client.has_pending_output());
  asio::cancellation_signal signal;
  std::optional<transfer_result> told;
  async::receive_all(ends.client, into, asio::bind_cancellation_slot(signal.slot(), ends.tells(told)));
  ends.io.restart();
  ends.io.poll();
  BOOST_TEST(!told.has_value());
  signal.emit(asio::cancellation_type::terminal);
  ends.run();  // ends, though nothing has become readable or writable
  BOOST_TEST(told.value().error == errc::stopped);
  BOOST_TEST(ends.io.stopped());
}

BOOST_AUTO_TEST_CASE(closing_it_stops_what_is_under_way) {
  both ends{trusting(), "localhost", 16 * 1024};
  ends.shake();
  std::vector<std::byte> const data(8 << 20);
  std::string into(1, '?');
  std::optional<transfer_result> sent, received;
  async::send_all(ends.client, data, ends.tells(sent));
  async::receive_all(ends.client, into, ends.tells(received));
  ends.io.restart();
  ends.io.poll();
  ends.client.close();
  BOOST_TEST(!ends.client.is_open());
  ends.run();
  BOOST_TEST(sent.value().error == errc::stopped);
  BOOST_TEST(received.value().error == errc::stopped);
}

BOOST_AUTO_TEST_CASE(it_gives_its_session_back_and_takes_another) {
  both ends;
  ends.shake();
  std::string const text = "given back";
  std::string heard(text.size(), '?');
  auto session = ends.client.release();
  BOOST_TEST(!ends.client.is_open());
  BOOST_TEST(no_error(blocking::send_all(session, text, a_minute)));
  ends.client = tls_stream{std::move(session), ends.io.get_executor()};
  BOOST_TEST(no_error(blocking::send_all(ends.client, text, a_minute)));
  for (int i = 0; i != 2; ++i) {
    BOOST_TEST(no_error(blocking::receive_all(ends.server, heard, a_minute)));
    BOOST_TEST(heard == text);
  }
}

BOOST_AUTO_TEST_CASE(coroutines_may_await_it) {
  both ends;
  std::string const question = "ping", answer = "pong";
  std::string asked(4, '?'), answered(4, '?');
  asio::co_spawn(
      ends.io,
      [&]() -> asio::awaitable<void> {
        auto const shaken = co_await async::handshake(ends.client, {.timeout = 1min}, asio::use_awaitable);
        BOOST_TEST(no_error(shaken));
        auto const sent = co_await async::send_all(ends.client, question, a_minute, asio::use_awaitable);
        auto const received =
            co_await async::receive_all(ends.client, answered, a_minute, asio::use_awaitable);
        BOOST_TEST(no_error(sent));
        BOOST_TEST(no_error(received));
      },
      asio::detached);
  asio::co_spawn(
      ends.io,
      [&]() -> asio::awaitable<void> {
        auto const received = co_await async::receive_all(ends.server, asked, a_minute, asio::use_awaitable);
        auto const sent = co_await async::send_all(ends.server, answer, a_minute, asio::use_awaitable);
        BOOST_TEST(no_error(sent));
        BOOST_TEST(no_error(received));
      },
      asio::detached);
  ends.run();
  BOOST_TEST(asked == question);
  BOOST_TEST(answered == answer);
}

// One end on a loop in a thread of its own, the other way of the same stream in this one.
BOOST_AUTO_TEST_CASE(the_two_directions_may_go_in_different_threads_and_ways) {
  both ends{trusting(), "localhost", 32 * 1024};
  ends.shake();
  auto const data = pattern(2 << 20);
  std::vector<std::byte> there(data.size()), back(data.size());
  std::optional<transfer_result> received;
  async::receive_all(ends.client, back, ends.tells(received));
  std::thread loop{[&] { ends.run(); }};
  elsewhere received_there{[&] { return blocking::receive_all(ends.server, there, a_minute); }};
  elsewhere sent_there{[&] { return blocking::send_all(ends.server, data, a_minute); }};
  BOOST_TEST(no_error(blocking::send_all(ends.client, data, a_minute)));
  BOOST_TEST(no_error(received_there.result()));
  BOOST_TEST(no_error(sent_there.result()));
  loop.join();
  BOOST_TEST(no_error(received.value()));
  BOOST_TEST(same(there, data));
  BOOST_TEST(same(back, data));
}

// --- As an Asio stream, with a mode: see asio_stream_test. Here what a limit does in mid-record. ----------

BOOST_AUTO_TEST_CASE(a_composed_write_that_its_timeout_ended_goes_on) {
  both ends{trusting(), "localhost", 16 * 1024};
  ends.shake();
  auto const data = pattern(8 << 20);
  std::vector<std::byte> into(data.size());
  ends.client.set_timeout(20ms);
  error_code error;
  auto written = asio::write(ends.client, asio::buffer(data), error);  // nobody reads
  BOOST_TEST(error == asio::error::timed_out);
  BOOST_TEST(ends.client.last_result(trivium::direction::send).error == errc::timed_out);
  BOOST_TEST(ends.client.has_pending_output());

  elsewhere received{[&] { return blocking::receive_all(ends.server, into, a_minute); }};
  ends.client.set_timeout(1min);
  written += asio::write(ends.client, asio::buffer(data) + written, error);
  BOOST_TEST(no_error(error));
  BOOST_TEST(written == data.size());
  BOOST_TEST(no_error(blocking::finish(ends.client)));
  BOOST_TEST(no_error(received.result()));
  BOOST_TEST(same(into, data));
}

BOOST_AUTO_TEST_CASE(an_end_without_the_peers_word_is_asios_truncation_and_ours) {
  both ends;
  ends.shake();
  std::string into(1, '?');
  ends.server.close();
  error_code error;
  ends.client.read_some(asio::buffer(into), error);
  BOOST_TEST(error == asio::ssl::error::stream_truncated);
  BOOST_TEST(error == errc::truncated);
  BOOST_TEST(errc::truncated == error_code{asio::ssl::error::stream_truncated});
  BOOST_TEST(error != errc::end_of_file);
  BOOST_TEST(ends.client.last_result(trivium::direction::receive).error == errc::truncated);
  error.clear();
  ends.client.async_read_some(asio::buffer(into), [&](error_code why, std::size_t) { error = why; });
  ends.run();
  BOOST_TEST(error == asio::ssl::error::stream_truncated);
}

BOOST_AUTO_TEST_CASE(composed_operations_of_asios_move_all_on_one_loop) {
  both ends{trusting(), "localhost", 32 * 1024};  // each at first shakes hands
  auto const data = pattern(2 << 20);
  std::vector<std::byte> into(data.size());
  std::optional<error_code> written, read;
  asio::async_write(ends.client, asio::buffer(data), [&](error_code error, std::size_t) { written = error; });
  asio::async_read(ends.server, asio::buffer(into), [&](error_code error, std::size_t) { read = error; });
  ends.run();
  BOOST_TEST(no_error(written.value()));
  BOOST_TEST(no_error(read.value()));
  BOOST_TEST(same(into, data));
}

BOOST_AUTO_TEST_CASE(its_mode_ends_the_verbs_of_every_way) {
  both ends;
  ends.shake();
  std::string into(1, '?');
  std::optional<transfer_result> told;
  ends.client.set_timeout(1ms);
  BOOST_TEST(blocking::receive_all(ends.client, into).error == errc::timed_out);
  BOOST_TEST(nonblocking::receive_all(ends.client, into, retry::poll).error == errc::timed_out);
  async::receive_all(ends.client, into, ends.tells(told));
  ends.run();
  BOOST_TEST(told.value().error == errc::timed_out);
  ends.client.set_blocking(false);
  error_code error;
  ends.client.read_some(asio::buffer(into), error);
  BOOST_TEST(error == asio::error::would_block);
  std::stop_source stop;
  stop.request_stop();
  ends.client.set_stop(stop.get_token());
  ends.client.set_blocking(true);
  ends.client.read_some(asio::buffer(into), error);
  BOOST_TEST(error == asio::error::operation_aborted);
}

BOOST_AUTO_TEST_CASE(it_keeps_its_mode_when_it_moves) {
  both ends;
  ends.client.set_timeout(3s);
  tls_stream moved{std::move(ends.client)};
  BOOST_TEST(moved.timeout() == 3s);
  ends.client = std::move(moved);
  BOOST_TEST(ends.client.timeout() == 3s);
  auto& itself = ends.client;
  ends.client = std::move(itself);
  BOOST_TEST(ends.client.is_open());
}

// Neither end hears the other's goodbye before it has read what was sent before.
BOOST_AUTO_TEST_CASE(a_server_that_holds_back_is_torn_down_with_its_client) {
  both ends{trusting(), "localhost", 16 * 1024};
  ends.shake();
  ends.server.set_timeout(5ms);
  std::string const much(1 << 20, 'x');
  error_code error;
  while (!ends.server.has_pending_output()) ends.server.write_some(asio::buffer(much), error);
  ends.server.set_timeout(std::nullopt);
  std::optional<error_code> of_server, of_client;
  async_teardown(boost::beast::role_type::server, ends.server, [&](error_code why) { of_server = why; });
  async_teardown(boost::beast::role_type::client, ends.client, [&](error_code why) { of_client = why; });
  ends.run();
  BOOST_TEST(no_error(of_server.value()));
  BOOST_TEST(no_error(of_client.value()));
}

BOOST_AUTO_TEST_CASE(its_mode_ends_a_handshake) {
  both ends;  // the server says nothing
  std::optional<transfer_result> told;
  ends.client.set_timeout(1ms);
  BOOST_TEST(blocking::handshake(ends.client).error == errc::timed_out);
  BOOST_TEST(nonblocking::handshake(ends.client, retry::poll).error == errc::timed_out);
  async::handshake(ends.client, ends.tells(told));
  ends.run();
  BOOST_TEST(told.value().error == errc::timed_out);
  std::stop_source stop;
  stop.request_stop();
  ends.client.set_stop(stop.get_token());
  BOOST_TEST(blocking::handshake(ends.client).error == errc::stopped);
}
