// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "list.hpp"

#include <iterator>
#include <vector>

namespace trivium::bench {

namespace {

constexpr arm_left_out left_out[] = {
#ifdef TRIVIUM_BENCH_TLS
#define TLS_ARMS(file) ARMS(file)
#else
#define TLS_ARMS(file)
    {"tls.blocking", "libssl-dev"},
    {"tls.async", "libssl-dev"},
    {"asio.ssl", "libssl-dev"},
    {"asio.ssl.async", "libssl-dev"},
#endif
#ifdef TRIVIUM_BENCH_LIBUV
#define LIBUV_ARMS(file) ARMS(file)
#else
#define LIBUV_ARMS(file)
    {"libuv", "libuv1-dev"},
#endif
#ifdef TRIVIUM_BENCH_LIBEVENT
#define LIBEVENT_ARMS(file) ARMS(file)
#else
#define LIBEVENT_ARMS(file)
    {"libevent", "libevent-dev"},
#endif
    {},
};

}  // namespace

std::span<arm_left_out const> arms_left_out() {
  return std::span(left_out).first(std::size(left_out) - 1);
}

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
