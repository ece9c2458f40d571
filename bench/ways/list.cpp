// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "list.hpp"

#include <vector>

namespace trivium::bench {

#ifdef TRIVIUM_BENCH_TLS
#define TLS_ARMS(file) ARMS(file)
#else
#define TLS_ARMS(file)
#endif

#define ARMS(file) std::span<arm const> file##_arms();
#include "list.def"
#undef ARMS

std::span<arm const> all_arms() {
  static auto const all = [] {
    std::vector<arm> list;
    for (auto const arms : {
#define ARMS(file) file##_arms,
#include "list.def"
#undef ARMS
         }) {
      for (auto const& each : arms()) list.push_back(each);
    }
    return list;
  }();
  return all;
}

}  // namespace trivium::bench
