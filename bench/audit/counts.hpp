// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What the counting library has counted in a thread, and arithmetic on it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "counted.hpp"

namespace trivium::bench {

enum class call_kind { sending, receiving, waiting, other, allocating, freeing };

std::string_view name_of(call which);
call_kind kind_of(call which);

/// Counts by the name of the call, those that are not zero.
using named_counts = std::map<std::string, std::uint64_t, std::less<>>;

/// The sum of one kind.
std::uint64_t total(named_counts const& counts, call_kind kind);
/// All system calls: every kind but allocating and freeing.
std::uint64_t system_calls(named_counts const& counts);

/// The counters of the calling thread; null unless the counting library is preloaded.
call_counts const* counts_of_this_thread();

/// Adds to `sum` what was counted from `before` to `after`.
void add_difference(call_counts& sum, call_counts const& before, call_counts const& after);

named_counts by_name(call_counts const& counts);

}  // namespace trivium::bench
