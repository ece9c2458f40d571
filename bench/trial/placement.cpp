// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "placement.hpp"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>

namespace trivium::bench {

std::string_view name_of(placement where) {
  return placement_names[static_cast<std::size_t>(where)];
}

std::optional<placement> placement_named(std::string_view name) {
  for (auto const where : {placement::free, placement::split, placement::shared}) {
    if (name == name_of(where)) return where;
  }
  return std::nullopt;
}

std::vector<int> processors_allowed() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> allowed;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return allowed;
  for (int each = 0; each < CPU_SETSIZE; ++each) {
    if (CPU_ISSET(each, &set)) allowed.push_back(each);
  }
  return allowed;
}

places places_for(placement wanted, std::vector<int> const& allowed, std::vector<int> (*siblings)(int)) {
  if (wanted == placement::free || allowed.empty()) return {};
  auto const first = allowed.front();
  if (wanted == placement::shared) return {{first}, {first}};
  auto const same_core = siblings(first);
  auto const elsewhere = std::find_if(allowed.begin() + 1, allowed.end(), [&](int each) {
    return std::find(same_core.begin(), same_core.end(), each) == same_core.end();
  });
  return {{first}, {elsewhere != allowed.end() ? *elsewhere : allowed.at(1)}};
}

std::vector<int> siblings_of(int processor) {
  auto const path =
      "/sys/devices/system/cpu/cpu" + std::to_string(processor) + "/topology/thread_siblings_list";
  std::string line;
  std::ifstream file(path);
  if (!std::getline(file, line)) return {processor};
  return parse_processor_list(line);
}

std::vector<int> parse_processor_list(std::string_view text) {
  std::vector<int> all;
  auto const* at = text.data();
  auto const* const end = at + text.size();
  while (at < end) {
    int first = 0;
    auto read = std::from_chars(at, end, first);
    if (read.ec != std::errc{}) break;
    int last = first;
    if (read.ptr < end && *read.ptr == '-') read = std::from_chars(read.ptr + 1, end, last);
    for (int each = first; each <= last; ++each) all.push_back(each);
    at = read.ptr < end && *read.ptr == ',' ? read.ptr + 1 : end;
  }
  return all;
}

bool move_this_thread(std::vector<int> const& processors) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (auto const each : processors) {
    if (each >= 0 && each < CPU_SETSIZE) CPU_SET(each, &set);
  }
  return ::sched_setaffinity(0, sizeof set, &set) == 0;
}

}  // namespace trivium::bench
