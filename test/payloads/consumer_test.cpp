// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/payloads/consumer.hpp>

#include <boost/test/unit_test.hpp>
#include <peer.hpp>
#include <printing.hpp>
#include <scripted_channel.hpp>
#include <stdexcept>
#include <transports.hpp>
#include <trivium/blocking.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;

namespace {

static_assert(sink<discard> && sink<consumer<void (*)(std::span<std::byte const>)>>);
static_assert(!consumes_memory<void (*)(int)>);
static_assert(!consumes_memory<int (*)(std::span<std::byte const>)>);  // 0 of a function that says "no error"

// Gives so many bytes, seven at a time, and then the end.
scripted_channel giving(std::size_t total) {
  return scripted_channel{[left = total](std::size_t, std::size_t asked) mutable {
    auto const bytes = std::min<std::size_t>({asked, left, 7});
    left -= bytes;
    if (bytes == 0) return attempt{.what = attempt::outcome::failed, .error = errc::end_of_file};
    return moves(bytes);
  }};
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_function_is_given_every_byte_once_in_order_until_the_peer_finishes) {
  loopback<tcp> ends;
  auto const data = pattern(1'000'000);
  writing_peer peer{ends.far, data, writing_peer::then::finish};
  std::vector<std::byte> seen;
  auto const received = blocking::receive(ends.near, consumer{[&](std::span<std::byte const> bytes) {
                                            seen.insert(seen.end(), bytes.begin(), bytes.end());
                                          }},
                                          {.timeout = 10s});
  BOOST_TEST(no_error(received));
  BOOST_TEST(received.bytes == data.size());
  BOOST_TEST(same(seen, data));
}

BOOST_AUTO_TEST_CASE(a_length_is_taken_and_no_byte_past_it) {
  auto gives = giving(100);
  std::size_t given = 0;
  transfer download{gives, consumer{[&](std::span<std::byte const> bytes) { given += bytes.size(); }, 20}};
  BOOST_TEST(download.advance() == progress::done);
  BOOST_TEST(no_error(download.result()));
  BOOST_TEST(given == 20u);
  BOOST_TEST(gives.asked == (std::vector<std::size_t>{20, 13, 6}));
}

BOOST_AUTO_TEST_CASE(a_peer_that_finishes_before_the_length_is_said) {
  auto gives = giving(10);
  transfer download{gives, discard{20}};
  BOOST_TEST(download.advance() == progress::done);
  BOOST_TEST(download.result().error == errc::end_of_file);
  BOOST_TEST(download.result().bytes == 10u);
}

BOOST_AUTO_TEST_CASE(a_function_that_wants_no_more_ends_it) {
  auto gives = giving(100);
  int calls = 0;
  transfer download{gives, consumer{[&](std::span<std::byte const>) { return ++calls < 3; }}};
  BOOST_TEST(download.advance() == progress::done);
  BOOST_TEST(no_error(download.result()));
  BOOST_TEST(download.result().bytes == 21u);
}

BOOST_AUTO_TEST_CASE(a_function_that_throws_ends_it_and_is_not_called_again) {
  auto gives = giving(100);
  int calls = 0;
  consumer into{[&](std::span<std::byte const>) {
    if (++calls == 2) throw std::runtime_error{"enough"};
  }};
  for (int tries = 0; tries != 2; ++tries) {
    transfer download{gives, borrow(into)};
    BOOST_TEST(download.advance() == progress::done);
    BOOST_TEST(download.result().error == errc::function_threw);
    BOOST_TEST(download.result().connection_usable());
    BOOST_TEST(download.result().bytes == (tries == 0 ? 14u : 0u));  // those that it was given
  }
  BOOST_TEST(calls == 2);
  BOOST_CHECK_THROW(std::rethrow_exception(into.exception()), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(what_is_discarded_is_counted) {
  auto gives = giving(100);
  transfer all{gives, discard{}};
  BOOST_TEST(all.advance() == progress::done);
  BOOST_TEST(no_error(all.result()));
  BOOST_TEST(all.result().bytes == 100u);
}
