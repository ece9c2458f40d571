// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/trivium.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>
#include <printing.hpp>
#include <string>

using namespace std::chrono_literals;
using boost::asio::buffer;

// One header is enough for a program in all three ways; no using-directive is needed.
BOOST_AUTO_TEST_CASE(one_header_has_the_three_ways_and_they_talk_to_each_other) {
  boost::asio::io_context io;
  auto listening = trivium::listen(trivium::endpoint::tcp("127.0.0.1", 0).value()).value();
  auto peer = trivium::blocking::connect(listening.local_endpoint().value(), {.timeout = 10s}).value();
  trivium::stream there{trivium::nonblocking::accept(listening, trivium::retry::poll).value(),
                        io.get_executor()};
  std::string const question = "which way?", answer = "each";
  std::string asked(question.size(), '?'), answered(answer.size(), '?');

  BOOST_TEST(trivium::blocking::send_all(peer, buffer(question), {.timeout = 10s}).value() ==
             question.size());
  trivium::async::receive_all(there, buffer(asked), {.timeout = 10s}, [&](trivium::transfer_result received) {
    BOOST_TEST(trivium::test::no_error(received));
    trivium::async::send_all(there, buffer(answer), [](trivium::transfer_result sent) {
      BOOST_TEST(trivium::test::no_error(sent));
    });
  });
  io.run();
  BOOST_TEST(asked == question);
  auto const heard =
      trivium::nonblocking::receive_all(peer, buffer(answered), trivium::retry::spin, {.timeout = 10s});
  BOOST_TEST(heard.value() == answer.size());
  BOOST_TEST(answered == answer);
}

BOOST_AUTO_TEST_CASE(a_reactor_comes_with_it) {
  trivium::reactor loops{{.loops = 2}};
  bool ran = false;
  loops.after(1ms, [&] {
    ran = true;
    loops.stop();
  });
  loops.run();
  BOOST_TEST(ran);
}
