// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// On which processors the two ends of a trial run. It decides more than most ways do, so it is always said.
#pragma once

#include <boost/describe/enum.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trivium::bench {

enum class placement {
  free,    ///< wherever the scheduler puts them
  split,   ///< each on a core of its own
  shared,  ///< both on one
};
BOOST_DESCRIBE_ENUM(placement, free, split, shared)

std::string_view name_of(placement);
std::optional<placement> placement_named(std::string_view name);
inline constexpr std::string_view placement_names[] = {"free", "split", "shared"};

/// The processors this process may use.
std::vector<int> processors_allowed();

/// Processors for the two ends; empty means wherever the scheduler likes.
struct places {
  std::vector<int> near;
  std::vector<int> far;
};

/// Where `wanted` puts the ends, given the processors `allowed`. For `split` two that are no siblings of one
/// core, where there are such; `siblings_of` says which share a core.
///
///   Requires:  two processors for `split`.
places places_for(placement wanted, std::vector<int> const& allowed, std::vector<int> (*siblings_of)(int));

/// The processors that share a core with `processor`, itself included, as the system says.
std::vector<int> siblings_of(int processor);

/// "0-3,8" as the system writes lists of processors.
std::vector<int> parse_processor_list(std::string_view text);

/// Moves the calling thread; what it spawns inherits the place. False if the system refused.
bool move_this_thread(std::vector<int> const& processors);

}  // namespace trivium::bench
