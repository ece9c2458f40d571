// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Random lives of many connections on one loop: see test/README.md.

#include <addresses.hpp>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <trivium/detail/async/set_policy.hpp>
#include <trivium/trampoline.hpp>
#include <vector>

#include "arguments.hpp"
#include "life.hpp"

namespace {

using namespace trivium::fuzz;
using trivium::detail::use_of_sets;

constexpr char usage[] =
    "usage: test.lives [--lives N] [--seed N] [--sets always|never|adaptive]\n"
    "  --lives N   so many connections, 200 on a loop, 40 at a time (2000)\n"
    "  --seed N    of the first batch; each next one's is one more\n"
    "  --sets      where the loop's waits are made (adaptive)\n";

constexpr std::uint64_t lives_of_a_batch = 200;
constexpr std::size_t at_a_time = 40;
constexpr unsigned steps_of_a_life = 60;
constexpr std::chrono::seconds longest_batch{100};

std::string_view name_of(use_of_sets how) {
  switch (how) {
    case use_of_sets::always:
      return "always";
    case use_of_sets::never:
      return "never";
    default:
      return "adaptive";
  }
}

struct options {
  std::uint64_t lives = 2000;
  std::uint64_t seed = any_seed();
  use_of_sets sets = use_of_sets::adaptive;
};

std::optional<options> read(int argc, char** argv) {
  options result;
  for (int i = 1; i < argc; i += 2) {
    std::string_view const flag = argv[i];
    if (i + 1 == argc) return {};
    std::string_view const value = argv[i + 1];
    if (flag == "--sets") {
      auto const known = {use_of_sets::always, use_of_sets::never, use_of_sets::adaptive};
      auto const* const which =
          std::find_if(known.begin(), known.end(), [&](auto each) { return name_of(each) == value; });
      if (which == known.end()) return {};
      result.sets = *which;
      continue;
    }
    auto const number = number_in(value);
    if (!number) return {};
    if (flag == "--lives")
      result.lives = *number;
    else if (flag == "--seed")
      result.seed = *number;
    else
      return {};
  }
  return result;
}

// One loop, and connections that come and go on it. Every fourth loop is destroyed while operations are under
// way.
void run_batch(std::uint64_t seed, use_of_sets sets, record& to) {
  randomness random{seed};
  std::optional<stopper> stops;
  if (random.percent(60)) stops.emplace();
  std::vector<std::unique_ptr<life>> lives;  // a handler may refer to one that is over
  boost::asio::io_context loop{1};
  std::optional<trivium::async::trampoline> here;
  if (random.percent(50)) here.emplace(loop);
  life::setting const in{loop, stops ? &*stops : nullptr, sets == use_of_sets::always, to};

  struct one {
    life* it;
    unsigned steps_left;
  };
  std::vector<one> living;
  std::uint64_t over = 0;
  auto const run_some = [&](std::uint64_t handlers) {
    if (loop.stopped()) loop.restart();
    for (; handlers != 0 && loop.poll_one() != 0; --handlers) {
    }
  };
  while (over != lives_of_a_batch) {
    while (lives.size() != lives_of_a_batch && living.size() != at_a_time) {
      lives.push_back(std::make_unique<life>(in, lives.size(), random.branch()));
      living.push_back({lives.back().get(), steps_of_a_life});
    }
    auto& chosen = living[random.below(living.size())];
    chosen.it->step();
    run_some(random.below(8));
    if (--chosen.steps_left != 0) continue;
    chosen.it->end();
    chosen = living.back();
    living.pop_back();
    ++over;
  }
  if (random.percent(25)) return;
  constexpr std::uint64_t all_there_are = 1'000'000;
  for (bool all_ended = false; !all_ended && to.holds();) {
    run_some(all_there_are);
    for (std::size_t i = 0; i != lives.size(); ++i) {
      if (lives[i]->missed() == nullptr) continue;
      run_some(all_there_are);  // it may have come since
      if (auto const* const what = lives[i]->missed()) to.broken("life ", i, ": ", what);
    }
    all_ended = true;
    for (auto const& each : lives) all_ended = each->end() && all_ended;
    if (loop.stopped()) loop.restart();
    if (!all_ended) loop.run_one_for(std::chrono::milliseconds(10));
  }
}

}  // namespace

int main(int argc, char** argv) {
  auto const how = read(argc, argv);
  if (!how) {
    std::cerr << usage;
    return 2;
  }
  trivium::detail::sets_are_used = how->sets;
  std::cout << "from seed " << how->seed << std::endl;
  std::size_t descriptors = 0;
  std::uint64_t batch = 0;
  for (; batch * lives_of_a_batch < how->lives; ++batch) {
    auto const name = "--lives 1 --sets " + std::string(name_of(how->sets)) + " --seed " +
                      std::to_string(how->seed + batch);
    record of;
    {
      watchdog const bound{name, of, longest_batch};
      run_batch(how->seed + batch, how->sets, of);
    }
    auto const open = trivium::test::open_descriptors();
    if (batch == 0) descriptors = open;
    of.expect(open == descriptors, open, " descriptors are open, of ", descriptors);
    if (of.holds()) continue;
    std::cout << of.text() << "the same again: " << argv[0] << ' ' << name << std::endl;
    return 1;
  }
  std::cout << batch * lives_of_a_batch << " lives, all as they should be" << std::endl;
  return 0;
}
