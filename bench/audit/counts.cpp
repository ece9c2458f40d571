// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "counts.hpp"

#include <dlfcn.h>

#include <algorithm>

namespace trivium::bench {

namespace {

struct row {
  std::string_view name;
  call_kind kind;
};

constexpr row rows[] = {
#define CALL(name, kind) {#name, call_kind::kind},
#include "calls.def"
#undef CALL
};

}  // namespace

std::string_view name_of(call which) {
  return rows[static_cast<std::size_t>(which)].name;
}
call_kind kind_of(call which) {
  return rows[static_cast<std::size_t>(which)].kind;
}

std::uint64_t total(named_counts const& counts, call_kind kind) {
  std::uint64_t sum = 0;
  for (auto const& each : rows) {
    if (each.kind != kind) continue;
    if (auto const found = counts.find(each.name); found != counts.end()) sum += found->second;
  }
  return sum;
}

std::uint64_t system_calls(named_counts const& counts) {
  std::uint64_t sum = 0;
  for (auto const kind : {call_kind::sending, call_kind::receiving, call_kind::waiting, call_kind::other}) {
    sum += total(counts, kind);
  }
  return sum;
}

call_counts const* counts_of_this_thread() {
  return static_cast<call_counts const*>(::dlsym(RTLD_DEFAULT, "trivium_bench_counts"));
}

void add_difference(call_counts& sum, call_counts const& before, call_counts const& after) {
  for (std::size_t i = 0; i < calls_counted; ++i) sum.of[i] += after.of[i] - before.of[i];
}

named_counts by_name(call_counts const& counts) {
  named_counts named;
  for (std::size_t i = 0; i < calls_counted; ++i) {
    if (counts.of[i] != 0) named.emplace(rows[i].name, counts.of[i]);
  }
  return named;
}

}  // namespace trivium::bench
