// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <printing.hpp>

#include "layers.hpp"

namespace beast = boost::beast;
namespace http = beast::http;

static_assert(beast::is_sync_stream<stream>::value);
static_assert(beast::is_async_stream<stream>::value);

namespace {

// A response whose second half does not come by itself.
std::string const first_half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello";
std::string const second_half = "world";

template <class Layer>
struct exchange : connected<Layer> {
  void server_says(std::string const& text) { asio::write(this->far, asio::buffer(text)); }

  http::request<http::empty_body> const request{http::verb::get, "/", 11};
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> answer;
  error_code error;
};

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(a_blocking_read_times_out_in_mid_message_and_goes_on, Layer, layers) {
  exchange<Layer> with;
  http::write(with.near, with.request);
  with.server_says(first_half);
  with.under().set_timeout(20ms);
  auto const begun = clock::now();
  http::read(with.near, with.buffer, with.answer, with.error);
  BOOST_TEST(with.error == asio::error::timed_out);
  BOOST_TEST((clock::now() - begun) >= 20ms);
  BOOST_TEST(with.under().last_result(direction::receive).error == errc::timed_out);
  BOOST_TEST(with.answer.is_header_done());

  with.server_says(second_half);
  http::read(with.near, with.buffer, with.answer, with.error = {});
  BOOST_TEST(with.error.message() == error_code{}.message());
  BOOST_TEST(with.answer.get().body() == "helloworld");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_blocking_read_is_stopped_from_another_thread_and_goes_on, Layer, layers) {
  exchange<Layer> with;
  std::stop_source stop;
  with.under().set_stop(stop.get_token());
  with.server_says(first_half);
  {
    meanwhile const stops{[&] { stop.request_stop(); }};  // before, in or after its wait
    http::read(with.near, with.buffer, with.answer, with.error);
  }
  BOOST_TEST(with.error == asio::error::operation_aborted);
  BOOST_TEST(with.under().last_result(direction::receive).error == errc::stopped);

  with.under().set_stop({});
  with.server_says(second_half);
  http::read(with.near, with.buffer, with.answer, with.error = {});
  BOOST_TEST(trivium::test::no_error(with.error));
  BOOST_TEST(with.answer.get().body() == "helloworld");
}

// Each attempt has the timeout; only the deadline bounds them all.
BOOST_AUTO_TEST_CASE_TEMPLATE(a_deadline_bounds_the_attempts_of_a_composed_read, Layer, layers) {
  exchange<Layer> with;
  with.server_says(first_half);
  with.under().set_timeout(10s);
  with.under().set_deadline(now() + 20ms);
  http::read(with.near, with.buffer, with.answer, with.error);
  BOOST_TEST(with.error == asio::error::timed_out);
  BOOST_TEST(now() >= with.under().deadline());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(nonblocking_it_takes_what_is_there, Layer, layers) {
  exchange<Layer> with;
  with.under().set_blocking(false);
  http::read(with.near, with.buffer, with.answer, with.error);
  BOOST_TEST(with.error == asio::error::would_block);
  with.under().set_blocking(true);
  with.server_says(first_half + second_half);
  http::read(with.near, with.buffer, with.answer, with.error = {});
  BOOST_TEST(trivium::test::no_error(with.error));
  BOOST_TEST(with.answer.get().body() == "helloworld");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_asynchronous_read_times_out_and_goes_on, Layer, layers) {
  exchange<Layer> with;
  with.under().set_timeout(20ms);
  with.server_says(first_half);
  auto const read = [&] {
    with.error = {};
    http::async_read(with.near, with.buffer, with.answer,
                     [&](error_code told, std::size_t) { with.error = told; });
    with.io.restart();
    with.io.run();
  };
  read();
  BOOST_TEST(with.error == asio::error::timed_out);
  with.server_says(second_half);
  read();
  BOOST_TEST(trivium::test::no_error(with.error));
  BOOST_TEST(with.answer.get().body() == "helloworld");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_exchange_with_a_good_server_is_whole_in_both_ways, Layer, layers) {
  exchange<Layer> with;
  with.under().set_timeout(10s);
  std::string const much(3 << 20, 'x');
  meanwhile const serves{[&] {
    beast::flat_buffer buffer;
    for (int i = 0; i != 2; ++i) {
      http::request<http::string_body> asked;
      http::read(with.far, buffer, asked);
      http::response<http::string_body> answers{http::status::ok, 11, much};
      answers.prepare_payload();
      http::write(with.far, answers);
    }
  }};
  http::write(with.near, with.request);
  http::response<http::string_body> answer;
  http::read(with.near, with.buffer, answer);
  BOOST_TEST(trivium::test::same(answer.body(), much));

  auto done = asio::co_spawn(
      with.io,
      [&]() -> asio::awaitable<std::size_t> {
        http::response_parser<http::string_body> large;
        large.body_limit(much.size());
        co_await http::async_write(with.near, with.request, asio::use_awaitable);
        co_await http::async_read(with.near, with.buffer, large, asio::use_awaitable);
        co_return large.get().body().size();
      },
      asio::use_future);
  with.io.run();
  BOOST_TEST(done.get() == much.size());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(read_until_throws_what_ended_it, Layer, layers) {
  exchange<Layer> with;
  with.under().set_timeout(1ms);
  std::string line;
  BOOST_CHECK_EXCEPTION(asio::read_until(with.near, asio::dynamic_buffer(line), '\n'),
                        boost::system::system_error,
                        [](auto const& thrown) { return thrown.code() == asio::error::timed_out; });
  with.server_says("a line\n");
  with.under().set_timeout(10s);
  BOOST_TEST(asio::read_until(with.near, asio::dynamic_buffer(line), '\n') == 7U);
}
