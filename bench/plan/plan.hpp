// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What will be measured, how often and in which order, all of it fixed before the first trial. Data: nothing
// here runs.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../scenarios/scenario.hpp"
#include "../statistics/bar.hpp"
#include "../steps/clock.hpp"
#include "../trial/catalogue.hpp"
#include "../trial/instrument.hpp"
#include "../trial/placement.hpp"

namespace trivium::bench {

/// Two arms of a cell whose ratio is tested and gets a word.
struct comparison {
  std::string arm;
  std::string against;
};
BOOST_DESCRIBE_STRUCT(comparison, (), (arm, against))

/// One scenario with everything that is fixed about it, and the arms that are compared there.
struct cell {
  std::string title;
  std::string scenario;
  std::uint64_t operation = 0;
  std::uint64_t connections = 1;
  duration work = {};             ///< that a request takes which is not served at once
  std::uint64_t rate = 0;         ///< messages a second; 0: each follows its answer
  std::uint64_t send_buffer = 0;  ///< SO_SNDBUF of both ends; 0: the system's own sizing
  std::vector<std::string> arms;
  std::string baseline;                 ///< of its arms, the one that ratios are taken to
  std::string far_arm;                  ///< empty: each arm at both ends
  std::vector<std::string> ways;        ///< of its arms, those among which a user chooses
  std::vector<comparison> comparisons;  ///< the ways among each other, and each arm with its counterpart
  std::string primary;                  ///< the metric that is compared
  std::vector<std::string> columns;     ///< the metrics beside it
  bench::per per = per::mib;
  std::string answer;  ///< what the ways' own figures say, where they are the answer instead of words
  bool baseline_twice = true;
  bool named = true;  ///< its comparisons are tested and get a word; else its figures are descriptive
  bench::placement placement = placement::split;
  std::uint64_t rounds = 1;
  bench::instrument instrument = instrument::none;
  duration warm_up = {};
  duration window = {};  ///< zero: the whole is measured
  double seconds_a_trial = 0;

  [[nodiscard]] std::uint64_t trials_a_round() const;
};
BOOST_DESCRIBE_STRUCT(cell, (),
                      (title, scenario, operation, connections, work, rate, send_buffer, arms, baseline,
                       far_arm, ways, comparisons, primary, columns, per, answer, baseline_twice, named,
                       placement, rounds, instrument, warm_up, window, seconds_a_trial))

/// A promise about the ratio of two arms, and the words to say it in.
struct bar {
  std::string text;
  std::size_t cell = 0;
  std::string metric;
  std::string arm;
  std::string against;
  promise kind = promise::at_most;
  double limit = 1;
};
BOOST_DESCRIBE_STRUCT(bar, (), (text, cell, metric, arm, against, kind, limit))

/// Cells side by side in one table: what a sweep is printed as.
struct two_way_table {
  std::string title;
  std::string metric;
  std::vector<std::pair<std::string, std::size_t>> columns;  ///< head, and the cell below it
};
BOOST_DESCRIBE_STRUCT(two_way_table, (), (title, metric, columns))

/// How wide "equivalent" is. A plan of more rounds is held to narrower margins.
enum class margins { coarse, fine };
BOOST_DESCRIBE_ENUM(margins, coarse, fine)

/// One trial to come.
struct scheduled {
  std::size_t cell = 0;
  std::string arm;
  std::uint64_t round = 0;
  std::uint64_t position = 0;
};

struct plan {
  std::string name;
  std::vector<cell> cells;
  std::vector<bar> bars;
  std::vector<two_way_table> tables;
  bench::margins margins = margins::coarse;
  bool exact_checks = false;  ///< what the smoke plan asserts
  std::uint64_t seed = 0;
  std::string congestion = "cubic";
  std::vector<std::string> missing = {};  ///< arms of this plan that were not built
  double precision = 0;  ///< half width at which the run may end before its rounds are over; 0: it does not

  [[nodiscard]] std::uint64_t rounds() const;
  [[nodiscard]] std::uint64_t trials() const;
  /// Of the trials of all rounds, and of one.
  [[nodiscard]] double trial_seconds() const;
  /// What is kept for trials that have to be held again.
  [[nodiscard]] double reserve() const;
  [[nodiscard]] double seconds() const { return trial_seconds() + reserve(); }

  /// The trials of one round: cells one after another in random order, the arms of each in random order; a
  /// baseline that runs twice runs once in each half. The order follows from the seed alone.
  [[nodiscard]] std::vector<scheduled> round(std::uint64_t number) const;
};
BOOST_DESCRIBE_STRUCT(plan, (),
                      (name, cells, bars, tables, margins, exact_checks, seed, congestion, precision))

/// A cell of `what` as the scenario itself suggests. It holds what has to be known of its arms and of the
/// scenario, so that plan and trials can be analysed where neither is there.
cell cell_for(catalogue const& known, scenario const& what, std::vector<std::string> arms);

/// Gives a cell so many connections: with them go its title and its times, since a round trip over each of
/// many takes as many times as long.
void set_connections(cell& one, scenario const& what, std::uint64_t connections);

/// The same with the time that a slow request takes, of a scenario that is about it.
void set_work(cell& one, scenario const& what, duration work);

/// Fixes the rate of the messages: with it goes the title.
void set_rate(cell& one, std::uint64_t rate);

/// "10 us", "1 ms"; "no work".
std::string work_text(duration work);

/// Of an arm that holds its thread. Of 1,000 on one processor each waits for its turn longer than a trial
/// lasts.
inline constexpr std::uint64_t most_threads = 200;

/// Adds, once, for every arm of every timed cell, a trial that counts calls and one that counts instructions.
void add_audits(plan& to);

/// As many rounds for every timed cell as fit into `seconds`; 0 if not even one does.
std::uint64_t rounds_within(plan const& of, double seconds);

/// How long a trial of this cell takes, warm-up, processes and all.
double trial_seconds(cell const& of, scenario const& what);

}  // namespace trivium::bench
