// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What the kernel says limited a connection.
#pragma once

#include "record.hpp"

namespace trivium::bench {

/// Since the connection began; zeros where the kernel is too old to say.
tcp_figures tcp_figures_of(int socket);

/// What was added from `before` to `after`.
tcp_figures difference(tcp_figures const& before, tcp_figures const& after);

}  // namespace trivium::bench
