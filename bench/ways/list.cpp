// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "list.hpp"

#include <vector>

namespace trivium::bench {

// A function a file, which returns the file's arms: the way first, then its variants.
std::span<arm const> blocking_arms(), nonblocking_arms(), async_arms();
std::span<arm const> posix_arms(), posix_poll_arms(), posix_epoll_arms(), asio_write_arms(),
    asio_async_write_arms();
#ifdef TRIVIUM_BENCH_TLS
std::span<arm const> tls_blocking_arms(), tls_async_arms(), asio_ssl_arms(), asio_ssl_async_arms();
#endif

std::span<arm const> all_arms() {
  static auto const all = [] {
    std::vector<arm> list;
    for (auto const arms : {
             blocking_arms,
             nonblocking_arms,
             async_arms,
             posix_arms,
             posix_poll_arms,
             posix_epoll_arms,
             asio_write_arms,
             asio_async_write_arms,
#ifdef TRIVIUM_BENCH_TLS
             tls_blocking_arms,
             tls_async_arms,
             asio_ssl_arms,
             asio_ssl_async_arms,
#endif
         }) {
      for (auto const& each : arms()) list.push_back(each);
    }
    return list;
  }();
  return all;
}

}  // namespace trivium::bench
