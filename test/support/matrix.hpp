// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Every way over every transport as types, for a text that is short: it is compiled for each. A long one is
// compiled once, with chosen.hpp.
#pragma once

#include <tuple>

#include "transports.hpp"
#include "ways.hpp"

namespace trivium::test {

template <class Way, class Transport>
struct over : verbs<Way> {
  using way = Way;
  using transport = Transport;
  using pair = loopback<Transport>;
};

struct blocking_over_tcp : over<blocking_way, tcp> {};
struct blocking_over_local : over<blocking_way, local> {};
struct blocking_over_asio_tcp : over<blocking_way, asio_tcp> {};
struct blocking_over_asio_local : over<blocking_way, asio_local> {};
struct blocking_over_asio_generic : over<blocking_way, asio_generic> {};
struct limited_blocking_over_tcp : over<limited_blocking_way, tcp> {};
struct limited_blocking_over_local : over<limited_blocking_way, local> {};
struct nonblocking_over_tcp : over<nonblocking_way, tcp> {};
struct nonblocking_over_local : over<nonblocking_way, local> {};
struct nonblocking_over_asio_tcp : over<nonblocking_way, asio_tcp> {};
struct nonblocking_over_asio_local : over<nonblocking_way, asio_local> {};
struct nonblocking_over_asio_generic : over<nonblocking_way, asio_generic> {};
struct async_over_tcp : over<async_way, tcp> {};
struct async_over_local : over<async_way, local> {};
struct async_over_asio_tcp : over<async_way, asio_tcp> {};
struct async_over_asio_local : over<async_way, asio_local> {};
struct async_over_asio_generic : over<async_way, asio_generic> {};

using matrix =
    std::tuple<blocking_over_tcp, blocking_over_local, blocking_over_asio_tcp, blocking_over_asio_local,
               blocking_over_asio_generic, limited_blocking_over_tcp, limited_blocking_over_local,
               nonblocking_over_tcp, nonblocking_over_local, nonblocking_over_asio_tcp,
               nonblocking_over_asio_local, nonblocking_over_asio_generic, async_over_tcp, async_over_local,
               async_over_asio_tcp, async_over_asio_local, async_over_asio_generic>;

/// One transport for what concerns the way alone.
using ways_over_tcp = std::tuple<blocking_over_tcp, nonblocking_over_tcp, async_over_tcp>;

}  // namespace trivium::test
