// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What every arm does alike with a step, whichever way it goes.
#define BOOST_TEST_MODULE bench.ways
#include <array>
#include <boost/test/unit_test.hpp>
#include <thread>
#include <vector>

#include "steps/descriptor.hpp"
#include "steps/script.hpp"
#include "ways/list.hpp"

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

BOOST_AUTO_TEST_CASE(the_clock_is_read_after_timed_steps_and_ends_only) {
  for (auto const& how : bench::all_arms()) {
    BOOST_TEST_CONTEXT(how.name) {
      recorder near({{.what = kind::send, .timed = false},
                     {.what = kind::receive},
                     {.what = kind::receive_some, .timed = false}});
      recorder far({{.what = kind::receive, .timed = false}, {.what = kind::send, .timed = false}});
      run(how, near, far);

      BOOST_TEST_REQUIRE(near.seen.size() == 4U);
      auto const& [start, sent, answered, ended] =
          std::tie(near.seen[0], near.seen[1], near.seen[2], near.seen[3]);
      BOOST_TEST((start.finished == kind::start));
      BOOST_TEST((start.now > bench::time_point{}));
      BOOST_TEST((sent.finished == kind::send));
      BOOST_TEST((sent.now == start.now));
      BOOST_TEST((answered.now > sent.now));
      BOOST_TEST(ended.end_of_stream);
      BOOST_TEST((ended.now > answered.now));

      BOOST_TEST_REQUIRE(far.seen.size() == 3U);
      for (auto const& each : far.seen) BOOST_TEST((each.now == far.seen.front().now));
    }
  }
}
