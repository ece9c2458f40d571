// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The ways over TCP as types, for a text that concerns the way alone and is short: it is compiled for each.
// One for all transports is compiled once, with chosen.hpp.
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
struct nonblocking_over_tcp : over<nonblocking_way, tcp> {};
struct async_over_tcp : over<async_way, tcp> {};

using ways_over_tcp = std::tuple<blocking_over_tcp, nonblocking_over_tcp, async_over_tcp>;

}  // namespace trivium::test
