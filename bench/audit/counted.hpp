// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The counters, as the counting library keeps them and the instrument reads them: the two agree by including
// this. Nothing but the language is used: the library defines functions that any other header may declare
// differently.
#pragma once

#include <cstddef>
#include <cstdint>

namespace trivium::bench {

enum class call : std::size_t {
#define CALL(name, kind) name,
#include "calls.def"
#undef CALL
  count
};

inline constexpr auto calls_counted = static_cast<std::size_t>(call::count);

struct call_counts {
  std::uint64_t of[calls_counted];
};

}  // namespace trivium::bench

/// Defined by the counting library alone; looked up by this name, by each thread its own.
extern "C" thread_local trivium::bench::call_counts trivium_bench_counts;
