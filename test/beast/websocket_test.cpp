// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <printing.hpp>

#include "layers.hpp"

namespace beast = boost::beast;
namespace websocket = beast::websocket;

namespace {

// A session that both ends have agreed on.
template <class Layer>
struct session : connected<Layer> {
  session() {
    meanwhile const serves{[this] { server.accept(); }};
    client.handshake("localhost", "/");
  }

  // The head of a message of 10 bytes and half of it, past the server's WebSocket.
  void server_says_half() { asio::write(this->far, asio::buffer(std::string{"\x82\x0ahello", 7})); }

  websocket::stream<typename Layer::client&> client{this->near};
  websocket::stream<typename Layer::server&> server{this->far};
  beast::flat_buffer buffer;
  error_code error;
};

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(a_blocking_read_times_out_in_mid_message, Layer, layers) {
  session<Layer> with;
  with.server_says_half();
  with.under().set_timeout(20ms);
  auto const begun = clock::now();
  with.client.read(with.buffer, with.error);
  BOOST_TEST(with.error == asio::error::timed_out);
  BOOST_TEST((clock::now() - begun) >= 20ms);
  BOOST_TEST(with.under().last_result(direction::receive).error == errc::timed_out);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_blocking_read_is_stopped_from_another_thread, Layer, layers) {
  session<Layer> with;
  with.server_says_half();
  std::stop_source stop;
  with.under().set_stop(stop.get_token());
  {
    meanwhile const stops{[&] { stop.request_stop(); }};
    with.client.read(with.buffer, with.error);
  }
  BOOST_TEST(with.error == asio::error::operation_aborted);
  BOOST_TEST(with.under().last_result(direction::receive).error == errc::stopped);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_asynchronous_read_times_out_in_mid_message, Layer, layers) {
  session<Layer> with;
  with.server_says_half();
  with.under().set_timeout(20ms);
  with.client.async_read(with.buffer, [&](error_code told, std::size_t) { with.error = told; });
  with.io.run();
  BOOST_TEST(with.error == asio::error::timed_out);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_session_with_a_good_server_is_whole_and_both_close_it, Layer, layers) {
  session<Layer> with;
  with.under().set_timeout(10s);
  std::string const much(1 << 20, 'x');
  error_code server_saw;
  {
    meanwhile const serves{[&] {
      beast::flat_buffer got;
      with.server.read(got);
      with.server.write(got.data());
      with.server.read(got, server_saw);
    }};
    with.client.write(asio::buffer(much));
    with.client.read(with.buffer);
    with.client.close(websocket::close_code::normal, with.error);
  }
  BOOST_TEST(trivium::test::same(beast::buffers_to_string(with.buffer.data()), much));
  BOOST_TEST(trivium::test::no_error(with.error));
  BOOST_TEST(server_saw == websocket::error::closed);
  BOOST_TEST(!with.under().is_open());  // torn down
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_asynchronous_close_tears_the_connection_down, Layer, layers) {
  session<Layer> with;
  error_code server_saw;
  std::optional<error_code> told;
  {
    meanwhile const serves{[&] {
      beast::flat_buffer got;
      with.server.read(got, server_saw);
    }};
    with.client.async_close(websocket::close_code::normal, [&](error_code error) { told = error; });
    with.io.run();
  }
  BOOST_REQUIRE(told.has_value());
  BOOST_TEST(no_error(*told));
  BOOST_TEST(server_saw == websocket::error::closed);
  BOOST_TEST(!with.under().is_open());
}

// The client waits for the server's end of file before it ends its own sending; a server that never ends
// keeps it.
BOOST_AUTO_TEST_CASE_TEMPLATE(a_close_that_the_server_leaves_open_times_out, Layer, layers) {
  session<Layer> with;
  with.under().set_timeout(20ms);
  asio::write(with.far,
              asio::buffer(std::string{"\x88\x02\x03\xe8", 4}));  // its close frame, and no end of file
  with.client.close(websocket::close_code::normal, with.error);
  BOOST_TEST(with.error == asio::error::timed_out);
}
