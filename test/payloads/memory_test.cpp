// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/payloads/memory.hpp>

#include <sys/mman.h>

#include <boost/asio/buffer.hpp>
#include <boost/test/unit_test.hpp>
#include <matrix.hpp>
#include <printing.hpp>
#include <scripted_channel.hpp>
#include <string>
#include <thread>

using namespace trivium;
using namespace trivium::test;

BOOST_AUTO_TEST_CASE(a_step_offers_at_most_what_it_is_told) {
  std::string const text(100, 'x');
  auto ready = ever_ready();
  auto source = sending(text);
  BOOST_TEST(source.send_to(ready, 30, may_block::no).bytes == 30u);
  BOOST_TEST(source.left() == 70u);
  BOOST_TEST(source.send_to(ready, 1000, may_block::no).bytes == 70u);
  BOOST_TEST(source.left() == 0u);
  BOOST_TEST(ready.asked == (std::vector<std::size_t>{30, 70}));
}

BOOST_AUTO_TEST_CASE(a_step_consumes_what_the_channel_took_and_no_more) {
  std::string text(100, 'x');
  scripted_channel seven{[](std::size_t, std::size_t) { return would_block(7); }};
  auto sink = receiving(text);
  BOOST_TEST(sink.receive_from(seven, 50, may_block::no).bytes == 7u);
  BOOST_TEST(sink.left() == 93u);
  scripted_channel fails{[](std::size_t, std::size_t) {
    return attempt{.what = attempt::outcome::failed, .error = errc::end_of_file};
  }};
  BOOST_TEST(sink.receive_from(fails, 50, may_block::no).error == errc::end_of_file);
  BOOST_TEST(sink.left() == 93u);
}

BOOST_AUTO_TEST_CASE(the_verb_says_how_much) {
  std::string text = "x";
  BOOST_TEST(sending(text).how_much() == amount::all);
  BOOST_TEST(sending_some(text).how_much() == amount::some);
  BOOST_TEST(receiving(text).how_much() == amount::all);
  BOOST_TEST(receiving_some(text).how_much() == amount::some);
}

BOOST_AUTO_TEST_CASE(memory_that_lasts_may_come_as_a_temporary_view) {
  std::string text = "abc";
  BOOST_TEST(sending(boost::asio::buffer(text)).left() == 3u);
  BOOST_TEST(sending(std::string_view{text}).left() == 3u);
  BOOST_TEST(receiving(std::span{text}).left() == 3u);
}

// Linux cuts a send at 0x7ffff000 bytes although the socket is not full; a wait after that cut would not end.
// Steps are smaller, so none is ever cut; a drained peer then sees all of it.
BOOST_AUTO_TEST_CASE(short_of_max_rw_count_is_not_full) {
  constexpr std::size_t max_rw_count = 0x7ffff000;
  constexpr std::size_t bytes = max_rw_count + (std::size_t{64} << 20) + 1;
  static_assert(step_max < max_rw_count);
  void* const zeros = ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  BOOST_REQUIRE(zeros != MAP_FAILED);

  auto const over = [&]<class Over>(Over) {
    typename Over::pair ends;
    std::size_t drained = 0;
    std::thread peer{[&drained, fd = ends.far.native_handle()] {
      // TCP throws away, uncopied, what is read with MSG_TRUNC.
      static char part[1 << 20];
      for (ssize_t n; (n = ::recv(fd, part, sizeof part, MSG_TRUNC)) > 0;)
        drained += static_cast<std::size_t>(n);
    }};
    auto const sent = Over::send_all(ends.near, boost::asio::const_buffer{zeros, bytes});
    ends.near.close();
    peer.join();
    BOOST_TEST_CONTEXT(Over::way::name) {
      BOOST_TEST(no_error(sent));
      BOOST_TEST(sent.bytes == bytes);
      BOOST_TEST(drained == bytes);
    }
  };
  over(blocking_over_tcp{});
  over(nonblocking_over_tcp{});
  over(async_over_tcp{});
  ::munmap(zeros, bytes);
}
