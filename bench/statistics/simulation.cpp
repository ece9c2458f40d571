// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "simulation.hpp"

#include <algorithm>
#include <array>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_01.hpp>
#include <cmath>
#include <vector>

#include "sensitivity.hpp"
#include "verdict.hpp"

namespace trivium::bench {

namespace {

constexpr auto noise = 0.05;  // of a trial, as a share of its value; what is tested does not depend on it

enum arm : std::size_t { posix, blocking, nonblocking, async, asio_write, asio_async_write, posix_again };
constexpr std::size_t arms = 7;

constexpr std::pair<arm, arm> family[] = {{blocking, nonblocking},   {blocking, async},
                                          {nonblocking, async},      {blocking, asio_write},
                                          {nonblocking, asio_write}, {async, asio_async_write}};
constexpr auto affected = std::size(family) - 1;  // the one comparison in which asio_async_write takes part

using logs_by_arm = std::array<std::vector<double>, arms>;

class machine {
 public:
  machine(noise_shape shape, std::size_t rounds, std::uint64_t seed)
      : shape_(shape), rounds_(rounds), random_(seed) {}

  /// Logarithms by arm and round, of arms that are equal but for the last: that one is off by `effect`.
  logs_by_arm run(double effect) {
    logs_by_arm logs;
    for (std::size_t round = 0; round < rounds_; ++round) {
      auto const first = static_cast<std::size_t>(uniform_(random_) * static_cast<double>(arms));
      for (std::size_t i = 0; i < arms; ++i) {
        auto const position = (first + i) % arms;
        logs[i].push_back(
            trial(static_cast<double>(round) + static_cast<double>(position) / static_cast<double>(arms)) +
            (i == asio_async_write ? effect : 0));
      }
    }
    return logs;
  }

 private:
  double trial(double at) {
    switch (shape_) {
      case noise_shape::skewed:
        return -noise * std::log(1 - uniform_(random_));
      case noise_shape::slow_mode:
        return noise * (0.3 * normal_(random_) + (uniform_(random_) < 0.25 ? 3 : 0));
      case noise_shape::drift:
        return noise * normal_(random_) + 0.2 * at / static_cast<double>(rounds_);
      case noise_shape::normal:
        break;
    }
    return noise * normal_(random_);
  }

  noise_shape shape_;
  std::size_t rounds_;
  boost::random::mt19937_64 random_;  // Boost's distributions, unlike the standard's, are the same everywhere
  boost::random::normal_distribution<double> normal_;
  boost::random::uniform_01<double> uniform_;
};

std::vector<double> between(std::vector<double> const& a, std::vector<double> const& b) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < a.size(); ++i) differences.push_back(a[i] - b[i]);
  return differences;
}

bool holds(centre const& found, double truth) {
  return found.within && found.within->low <= std::exp(truth) && std::exp(truth) <= found.within->high;
}

bool different(std::optional<verdict> const& said) {
  return said && (said->word == word::faster || said->word == word::slower);
}

}  // namespace

std::string_view name_of(noise_shape shape) {
  switch (shape) {
    case noise_shape::normal:
      return "normal";
    case noise_shape::skewed:
      return "skewed";
    case noise_shape::slow_mode:
      return "slow mode";
    case noise_shape::drift:
      break;
  }
  return "drift";
}

simulated simulate(noise_shape shape, std::size_t rounds, std::size_t runs, std::uint64_t seed) {
  constexpr double no_margin = 1e-12;  // "equivalent" would hide false words
  auto const& [affected_arm, beside] = family[affected];
  machine source(shape, rounds, seed);
  std::uint64_t held = 0;
  std::uint64_t baseline_held = 0;
  std::uint64_t false_words = 0;
  std::uint64_t alarms = 0;
  std::uint64_t found = 0;
  std::vector<double> printed;
  auto const judged = [&](logs_by_arm const& logs) {
    std::vector<centre> ratios;
    for (auto const& [a, b] : family) ratios.push_back(ratio_of(between(logs[a], logs[b])));
    return std::pair(ratios, judge(ratios, no_margin, better::lower));
  };
  for (std::size_t run = 0; run < runs; ++run) {
    auto const equal = source.run(0);
    auto const [ratios, words] = judged(equal);
    held += static_cast<std::uint64_t>(
        std::count_if(ratios.begin(), ratios.end(), [](centre const& each) { return holds(each, 0); }));
    false_words += std::any_of(words.begin(), words.end(), different) ? 1 : 0;
    auto baseline = equal[posix];
    for (std::size_t i = 0; i < rounds; ++i) baseline[i] = (baseline[i] + equal[posix_again][i]) / 2;
    baseline_held += holds(ratio_of(between(equal[blocking], baseline)), 0) ? 1 : 0;
    auto const control = ratio_of(between(equal[posix], equal[posix_again]), control_level);
    alarms += control.within && !holds(control, 0) ? 1 : 0;

    // What runs print as visible, others must find. Few of them print it: it takes longer than all the rest,
    // and from many rounds it hardly differs from run to run.
    if (run % (rounds < 16 ? 5 : 40) == 0) {
      noise_seen by_all;
      for (auto const& [a, b] : family) by_all.add(between(equal[a], equal[b]));
      auto const visible = smallest_visible(between(equal[affected_arm], equal[beside]), by_all, significance,
                                            std::size(family));
      if (visible) printed.push_back(*visible);
    }
  }
  for (std::size_t run = 0; run < runs && !printed.empty(); ++run) {
    auto const off = source.run(std::log1p(printed[run % printed.size()]));
    found += different(judged(off).second[affected]) ? 1 : 0;
  }
  auto const share = [](std::uint64_t part, std::size_t whole) {
    return static_cast<double>(part) / static_cast<double>(whole);
  };
  return {.coverage = share(held, runs * std::size(family)),
          .baseline_coverage = share(baseline_held, runs),
          .false_verdicts = share(false_words, runs),
          .control_alarms = share(alarms, runs),
          .power = share(found, runs),
          .visible = printed.empty() ? 0 : median_of(printed) / noise};
}

}  // namespace trivium::bench
