// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What every arm does alike with a step, whichever way it goes.
#define BOOST_TEST_MODULE bench.ways
#include <array>
#include <boost/test/unit_test.hpp>
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
