// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// In a file of its own: <linux/tcp.h>, which alone has the later members of tcp_info, cannot be included
// beside <netinet/tcp.h>.
#include "tcp_info.hpp"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace trivium::bench {

tcp_figures tcp_figures_of(int socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return {};
  return {.busy_us = static_cast<double>(info.tcpi_busy_time),
          .rwnd_limited_us = static_cast<double>(info.tcpi_rwnd_limited),
          .sndbuf_limited_us = static_cast<double>(info.tcpi_sndbuf_limited),
          .retransmits = info.tcpi_total_retrans};
}

tcp_figures difference(tcp_figures const& before, tcp_figures const& after) {
  return {.busy_us = after.busy_us - before.busy_us,
          .rwnd_limited_us = after.rwnd_limited_us - before.rwnd_limited_us,
          .sndbuf_limited_us = after.sndbuf_limited_us - before.sndbuf_limited_us,
          .retransmits = after.retransmits - before.retransmits};
}

}  // namespace trivium::bench
