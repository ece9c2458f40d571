// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "list.hpp"

#include <algorithm>
#include <vector>

namespace trivium::bench {

#ifdef TRIVIUM_BENCH_TLS
#define TLS_ARMS(file) ARMS(file)
#else
#define TLS_ARMS(file)
#endif
#ifdef TRIVIUM_BENCH_LIBUV
#define LIBUV_ARMS(file) ARMS(file)
#else
#define LIBUV_ARMS(file)
#endif
#ifdef TRIVIUM_BENCH_LIBEVENT
#define LIBEVENT_ARMS(file) ARMS(file)
#else
#define LIBEVENT_ARMS(file)
#endif

#ifdef TRIVIUM_BENCH_ASIO_ROOT
#define ASIO_ROOT_ARMS(file) ARMS(file)
#else
#define ASIO_ROOT_ARMS(file)
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

std::span<arm_left_out const> arms_left_out() {
  static auto const left_out = [] {
    std::vector<arm_left_out> list{
        {"tls.blocking", "libssl-dev was not installed"}, {"tls.async", "libssl-dev was not installed"},
        {"asio.ssl", "libssl-dev was not installed"},     {"asio.ssl.async", "libssl-dev was not installed"},
        {"libuv", "libuv1-dev was not installed"},        {"libevent", "libevent-dev was not installed"},
        {"asio.root", "ASIO_ROOT named no folder"},
    };
    std::erase_if(list, [](arm_left_out const& optional) {
      auto const arms = all_arms();
      return std::any_of(arms.begin(), arms.end(),
                         [&](arm const& each) { return each.name == optional.name; });
    });
    return list;
  }();
  return left_out;
}

}  // namespace trivium::bench
