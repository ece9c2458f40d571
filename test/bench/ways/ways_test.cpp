// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What every arm does alike with a step, whichever way it goes.
#define BOOST_TEST_MODULE bench.ways
#include <array>
#include <boost/test/unit_test.hpp>
#include <deque>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "../printing.hpp"
#include "steps/descriptor.hpp"
#include "steps/script.hpp"
#include "ways/list.hpp"
#include "ways/outcome.hpp"

namespace bench = trivium::bench;
using kind = bench::step::kind;

namespace {

/// Gives the steps it was made of, and keeps how each of them ended, the start before them.
class recorder final : public bench::script {
 public:
  explicit recorder(std::vector<bench::step> steps) : steps_(std::move(steps)) {
    for (auto& each : steps_) each.bytes = byte_;
  }

  bench::step next(bench::event const& last) override {
    seen.push_back(last);
    return seen.size() > steps_.size() ? bench::step{} : steps_[seen.size() - 1];
  }

  std::vector<bench::event> seen;

 private:
  std::array<std::byte, 1> byte_ = {};
  std::vector<bench::step> steps_;
};

/// Both ends by the same arm.
void run(bench::arm const& how, recorder& near, recorder& far) {
  auto [here, there] = bench::socket_pair();
  auto const end = [&how](int socket, recorder& what, bench::opened opened) {
    std::array const lanes{bench::lane{.socket = socket, .what = &what, .opened = opened}};
    bench::tally kept;
    how.make()->run(lanes, kept);
  };
  std::thread other([&, socket = there.release()] { end(socket, far, bench::opened::there); });
  end(here.release(), near, bench::opened::here);
  other.join();
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_event_has_a_time_of_its_own_after_timed_steps_and_ends) {
  for (auto const& how : bench::all_arms()) {
    if (how.misses_ends) continue;
    BOOST_TEST_CONTEXT(how.name) {
      recorder near({{.what = kind::send, .timed = false},
                     {.what = kind::receive},
                     {.what = kind::receive_some, .timed = false}});
      recorder far({{.what = kind::receive, .timed = false}, {.what = kind::send, .timed = false}});
      run(how, near, far);

      BOOST_TEST_REQUIRE(near.seen.size() == 4U);
      auto const &start = near.seen[0], &sent = near.seen[1], &answered = near.seen[2], &ended = near.seen[3];
      BOOST_TEST(start.finished == kind::start);
      BOOST_TEST(start.now > bench::time_point{});
      BOOST_TEST(sent.finished == kind::send);
      BOOST_TEST(sent.now == start.now);
      BOOST_TEST(answered.now > sent.now);
      BOOST_TEST(ended.end_of_stream);
      BOOST_TEST(ended.now > answered.now);

      BOOST_TEST_REQUIRE(far.seen.size() == 3U);
      for (auto const& each : far.seen) BOOST_TEST(each.now == far.seen.front().now);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_untimed_step_that_failed_has_a_time_of_its_own) {
  bench::event last{.now = bench::time_point(std::chrono::seconds(1))};
  bench::step const asked{.what = kind::send, .timed = false};
  bench::end_step(last, asked, {.bytes = 5});
  BOOST_TEST(last.now == bench::time_point(std::chrono::seconds(1)));
  bench::end_step(last, asked, {.error = {EPIPE, boost::system::system_category()}});
  BOOST_TEST(last.now > bench::time_point(std::chrono::seconds(1)));
  BOOST_TEST(last.error.value() == EPIPE);
}

BOOST_AUTO_TEST_CASE(an_arm_for_many_connections_serves_each_of_them) {
  constexpr std::size_t connections = 9;
  for (auto const& how : bench::all_arms()) {
    if (how.one_connection || how.misses_ends) continue;
    BOOST_TEST_CONTEXT(how.name) {
      std::deque<recorder> scripts[2];
      std::vector<bench::lane> lanes[2];
      for (std::size_t i = 0; i != connections; ++i) {
        auto [here, there] = bench::socket_pair();
        scripts[0].emplace_back(std::vector<bench::step>{
            {.what = kind::send},
            {.what = kind::receive},
            {.what = kind::wait_until, .at = bench::clock::now() + std::chrono::milliseconds(1)},
            {.what = kind::work, .lasting = std::chrono::microseconds(1)},
            {.what = kind::send},
            {.what = kind::receive_some}});
        scripts[1].emplace_back(
            std::vector<bench::step>{{.what = kind::receive}, {.what = kind::send}, {.what = kind::receive}});
        lanes[0].push_back(
            {.socket = here.release(), .what = &scripts[0].back(), .opened = bench::opened::here});
        lanes[1].push_back(
            {.socket = there.release(), .what = &scripts[1].back(), .opened = bench::opened::there});
      }
      bench::tally kept[2];
      std::thread other([&] { how.make()->run(lanes[1], kept[1]); });
      how.make()->run(lanes[0], kept[0]);
      other.join();
      for (auto const& each : scripts[0]) {
        BOOST_TEST_REQUIRE(each.seen.size() == 7U);
        BOOST_TEST(each.seen[2].bytes == 1U);
        BOOST_TEST(each.seen[6].end_of_stream);
      }
      for (auto const& each : scripts[1]) {
        BOOST_TEST_REQUIRE(each.seen.size() == 4U);
        for (std::size_t i = 1; i != 4; ++i) BOOST_TEST(each.seen[i].bytes == 1U);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(an_arm_for_one_connection_refuses_several) {
  recorder idle({});
  for (auto const& how : bench::all_arms()) {
    if (!how.one_connection) continue;
    BOOST_TEST_CONTEXT(how.name) {
      std::array const lanes{bench::lane{.socket = 0, .what = &idle},
                             bench::lane{.socket = 0, .what = &idle}};
      bench::tally kept;
      BOOST_CHECK_THROW(how.make()->run(lanes, kept), std::invalid_argument);
    }
  }
}
