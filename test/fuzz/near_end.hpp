// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The near end of a session over each kind of connection, until both directions are done.
#pragma once

#include <trivium/socket.hpp>

#include "operation.hpp"
#include "record.hpp"

namespace trivium::fuzz {

void carry_over_stream(socket near, carriage const& how, direction& sends, direction& receives, record& to);
void carry_over_asio_tcp(socket near, carriage const& how, direction& sends, direction& receives, record& to);
void carry_over_asio_local(socket near, carriage const& how, direction& sends, direction& receives,
                           record& to);
void carry_over_tls(socket near, bool client, carriage const& how, direction& sends, direction& receives,
                    record& to);

/// Makes what all sessions share, so that none of them opens what it does not close.
void prepare_tls();

}  // namespace trivium::fuzz
