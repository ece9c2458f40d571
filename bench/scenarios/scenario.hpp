// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What is done over one connection or many: two sides, each some lanes' worth of scripts. A scenario knows
// nothing of how its steps are executed, by which processes, or where.
#pragma once

#include <boost/describe/enum.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "../steps/script.hpp"
#include "../steps/window.hpp"

namespace trivium::bench {

struct setting {
  std::size_t operation = 0;     ///< bytes an operation
  std::size_t connections = 1;   ///< between the two ends; those of most scenarios are made for one
  duration work = {};            ///< what a request takes that is not served at once
  std::uint64_t rate = 0;        ///< messages a second over all connections; 0: each follows its answer
  window const* when = nullptr;  ///< filled in before the first step, not before the scripts are made
};

/// One end of a scenario. What it holds is allocated and touched when it is made, before anything is
/// measured.
struct side {
  std::vector<std::unique_ptr<script>> connections;  ///< what happens on each socket
  std::vector<std::unique_ptr<script>> others = {};  ///< what the same thread has to do besides
};

/// A side of one connection.
inline side over_one(std::unique_ptr<script> what) {
  side made;
  made.connections.push_back(std::move(what));
  return made;
}

/// What a scenario's figures are counted by.
enum class per {
  mib,
  trip,      ///< there and back: the same at both ends
  message,   ///< that the near end, a server, answers: its own price
  transfer,  ///< of which there is one
};
BOOST_DESCRIBE_ENUM(per, mib, trip, message, transfer)

struct scenario {
  std::string_view name;
  std::string_view sentence;
  std::string_view primary;                    ///< the metric that its verdicts are about
  std::vector<std::string_view> columns = {};  ///< the metrics beside it in a table
  bench::per per = per::mib;
  std::string_view answer =
      {};                   ///< what the ways' own figures say, where they are the answer instead of words
  bool other_work = false;  ///< the thread has a job of its own while it sends
  bool one_way = false;     ///< nothing is answered: the far end reads up to the end
  bool sends_find_room = false;  ///< no send waits, so that its calls can be counted exactly
  std::size_t operation = 0;     ///< bytes an operation, unless the plan says otherwise
  std::size_t connections = 1;   ///< unless the plan says otherwise; more only where it is made for many
  std::size_t fewest_connections = 1;
  duration work = {};                   ///< unless the plan says otherwise; zero: it is not about that
  bool can_be_paced = false;            ///< a plan may fix the rate of its messages
  std::string_view baseline = "posix";  ///< the arm that ratios are taken to
  std::string_view far_arm = {};        ///< of the far end, whatever the near end's is; empty: the same
  bool whole = false;                   ///< measured from the first step to the last instead of in a window
  double expected_seconds = 0;          ///< how long a whole one takes; with a window, the window says it
  side (*near)(setting const&) = nullptr;
  side (*far)(setting const&) = nullptr;
};

}  // namespace trivium::bench
