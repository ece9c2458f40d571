// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/payload.hpp>

#include <boost/test/unit_test.hpp>
#include <payloads.hpp>
#include <printing.hpp>
#include <scripted_channel.hpp>
#include <string>
#include <trivium/operations/transfer.hpp>

using namespace trivium;
using namespace trivium::test;

namespace {

// Has nothing to give until it is told, and fails by itself.
class made_elsewhere {
 public:
  explicit made_elsewhere(int const& ready) : ready_{&ready} {}

  attempt send_to(channel&, std::size_t, may_block) noexcept {
    if (*ready_ == 0)
      return {.what = attempt::outcome::would_block, .waits_for = {11, readiness::readable}, .calls = 0};
    return {
        .what = attempt::outcome::failed, .error = {ENOSPC, boost::system::system_category()}, .calls = 0};
  }
  bool done() const noexcept { return false; }

 private:
  int const* ready_;
};

struct neither {
  bool done() const noexcept { return true; }
};

static_assert(source<made_as_sent> && !sink<made_as_sent> && source<memory_source> && !sink<memory_source>);
static_assert(sink<checked_as_received> && !source<checked_as_received> && sink<memory_sink>);
static_assert(!payload<neither> && !payload<std::string>);

}  // namespace

BOOST_AUTO_TEST_CASE(a_transfer_of_a_source_asks_it_until_it_is_done) {
  auto channel = ever_ready();
  transfer upload{channel, made_as_sent{12'000}};
  static_assert(upload.moving == direction::send);
  BOOST_TEST(upload.how_much() == amount::all);
  BOOST_TEST(upload.advance() == progress::done);
  BOOST_TEST(upload.result().bytes == 12'000u);
  BOOST_TEST(channel.asked == (std::vector<std::size_t>{5000, 5000, 2000}));
}

BOOST_AUTO_TEST_CASE(a_source_is_asked_for_no_more_than_the_budget) {
  auto channel = ever_ready();
  transfer upload{channel, made_as_sent{12'000}};
  BOOST_TEST(upload.advance(1000) == progress::yielded);
  BOOST_TEST(upload.result().bytes == 1000u);
}

BOOST_AUTO_TEST_CASE(what_a_source_waits_for_is_what_its_transfer_waits_for) {
  auto channel = ever_ready();
  int ready = 0;
  transfer upload{channel, made_elsewhere{ready}};
  BOOST_TEST(upload.advance() == progress::pending);
  BOOST_TEST(upload.interest().descriptor == 11);
  BOOST_TEST(channel.asked.empty());
  ready = 1;
  BOOST_TEST(upload.advance() == progress::done);
  BOOST_TEST(upload.result().error.value() == ENOSPC);
}
