// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Compiled with BOOST_ASIO_USE_TS_EXECUTOR_AS_DEFAULT: any_io_executor is then the Networking TS's
// polymorphic one.

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <string>
#include <trivium/trivium.hpp>

void begins_all(trivium::stream& with, trivium::listener& at, boost::asio::io_context& io,
                std::string& memory) {
  using namespace std::chrono_literals;
  auto const tells = [](trivium::transfer_result const&) {};
  auto const takes = [](trivium::error_code, trivium::socket const&) {};
  trivium::async::send_all(with, memory, tells);
  trivium::async::receive_all(with, memory, {.timeout = 1s}, tells);
  trivium::async::finish(with, tells);
  trivium::async::connect(io.get_executor(), "localhost", "1", takes);
  trivium::async::accept(at, takes);
  trivium::async::accept(io.get_executor(), at, takes);
  with.async_read_some(boost::asio::buffer(memory), [](trivium::error_code, std::size_t) {});
}
