// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The connection of a trial. Both ends set the same things in the same place, so that no arm can differ in
// its socket.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../steps/clock.hpp"
#include "../steps/descriptor.hpp"

namespace trivium::bench {

struct connection_options {
  std::string address = "127.0.0.1";
  std::string congestion;         ///< empty: leave the system's
  std::uint64_t send_buffer = 0;  ///< 0: leave the system's
};

/// A listening socket on a port that the system chose. What is accepted from it inherits the options.
descriptor listen_on(connection_options const& options);
std::uint16_t port_of(descriptor const& listening);

/// Both give up at `limit`; all functions here throw `std::system_error`.
descriptor accept_one(descriptor const& listening, time_point limit);
descriptor connect_to(std::uint16_t port, connection_options const& options, time_point limit);

/// The congestion control that this socket uses.
std::string congestion_of(descriptor const& socket);
/// Why `wanted` cannot be set here; empty if it can.
std::string congestion_refusal(std::string const& wanted);
/// What this kernel has; it may load others on demand, for root. Empty if it does not say.
std::vector<std::string> congestion_available();
double send_buffer_of(int socket);

}  // namespace trivium::bench
