// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What lifetime_test shows of a stream, for a tls_stream: an operation under way on it refers to its session.

#include <boost/test/unit_test.hpp>
#include <losing.hpp>
#include <memory>
#include <printing.hpp>
#include <string>
#include <tls_pair.hpp>
#include <trivium/tls/stream.hpp>

using namespace trivium;
using namespace trivium::test;
namespace asio = boost::asio;

namespace {

// What would be news to it are records, which the far end does not send.
template <class Pair>
auto client_of(asio::io_context& io, std::unique_ptr<Pair> ends) {
  static thread_local std::unique_ptr<Pair> kept;
  kept = std::move(ends);
  return std::pair{std::make_unique<tls_stream>(std::move(kept->client), io.get_executor()), -1};
}
auto make_shaken = [](asio::io_context& io) { return client_of(io, std::make_unique<shaken>(16 * 1024)); };
auto make_strange = [](asio::io_context& io) { return client_of(io, std::make_unique<tls_pair>()); };

std::string into(64, '?');
std::string const large(std::size_t{1} << 20, 'x');

}  // namespace

BOOST_AUTO_TEST_CASE(a_receive_ends_once_however_its_session_is_lost) {
  loses_in_every_state<tls_stream>(make_shaken,
                                   [](tls_stream& from, limits const& within, loss_handler handler) {
                                     async::receive_all(from, into, within, std::move(handler));
                                   });
}

// One that holds something back waits for both directions.
BOOST_AUTO_TEST_CASE(a_receive_that_holds_something_back_ends_once_however_its_session_is_lost) {
  loses_in_every_state<tls_stream>(make_shaken,
                                   [](tls_stream& from, limits const& within, loss_handler handler) {
                                     while (!nonblocking::send_some(from, large).error) {
                                     }
                                     BOOST_TEST(from.has_pending_output());
                                     async::receive_all(from, into, within, std::move(handler));
                                   });
}

BOOST_AUTO_TEST_CASE(a_send_ends_once_however_its_session_is_lost) {
  loses_in_every_state<tls_stream>(make_shaken,
                                   [](tls_stream& to, limits const& within, loss_handler handler) {
                                     async::send_all(to, large, within, std::move(handler));
                                   });
}

BOOST_AUTO_TEST_CASE(a_finish_ends_once_however_its_session_is_lost) {
  loses_in_every_state<tls_stream>(make_shaken,
                                   [](tls_stream& with, limits const& within, loss_handler handler) {
                                     static_cast<void>(nonblocking::send_some(with, large));
                                     async::finish(with, within, std::move(handler));
                                   });
}

BOOST_AUTO_TEST_CASE(a_handshake_ends_once_however_its_session_is_lost) {
  loses_in_every_state<tls_stream>(make_strange,
                                   [](tls_stream& with, limits const& within, loss_handler handler) {
                                     async::handshake(with, within, std::move(handler));
                                   });
}

BOOST_AUTO_TEST_CASE(a_read_of_the_streams_own_ends_once_however_it_is_lost) {
  loses_in_every_state<tls_stream>(make_shaken,
                                   [](tls_stream& from, limits const& within, loss_handler handler) {
                                     if (!within.timeout.for_ever())
                                       from.set_deadline(within.timeout.from(now()));
                                     from.set_stop(within.stop.token());
                                     from.async_read_some(asio::buffer(into), std::move(handler));
                                   });
}

// Its session alone moves: the operation referred to the tls_stream.
BOOST_AUTO_TEST_CASE(a_receive_ends_where_the_session_is_moved_out_of_its_stream) {
  asio::io_context io;
  told_of_loss told;
  auto [there, far] = make_shaken(io);
  async::receive_all(*there, into, [&](transfer_result came) {
    told.error = came.error;
    ++told.calls;
  });
  io.poll();
  tls_session const plain{std::move(*there)};
  there.reset();
  io.restart();
  io.run();
  BOOST_TEST(told.calls == 1);
  BOOST_TEST(told.error == errc::stopped);
}
