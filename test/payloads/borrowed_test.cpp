// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/payloads/borrowed.hpp>

#include <boost/test/unit_test.hpp>
#include <payloads.hpp>
#include <printing.hpp>
#include <scripted_channel.hpp>
#include <string>
#include <trivium/operations/transfer.hpp>

using namespace trivium;
using namespace trivium::test;

static_assert(source<borrowed<made_as_sent>> && !sink<borrowed<made_as_sent>>);
static_assert(sink<borrowed<checked_as_received>> && !source<borrowed<checked_as_received>>);

BOOST_AUTO_TEST_CASE(a_borrowed_source_goes_on_where_the_transfer_before_has_ended) {
  scripted_channel once{
      [](std::size_t number, std::size_t) { return number == 0 ? moves(5000) : would_block(); }};
  made_as_sent from{12'000};
  {
    transfer first{once, borrow(from)};
    BOOST_TEST(first.advance() == progress::pending);
    BOOST_TEST(first.result().bytes == 5000u);
  }
  auto ready = ever_ready();
  transfer rest{ready, borrow(from)};
  BOOST_TEST(rest.advance() == progress::done);
  BOOST_TEST(rest.result().bytes == 7000u);
}

BOOST_AUTO_TEST_CASE(a_borrowed_payload_says_how_much_as_it_does_itself) {
  std::string text = "x";
  auto some = sending_some(text);
  BOOST_TEST(how_much(borrow(some)) == amount::some);
  made_as_sent all{1};
  BOOST_TEST(how_much(borrow(all)) == amount::all);
}
