// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Which transfers one system call may do, without an operation. (To make one costs more than a small call.)
#pragma once

#include <trivium/buffers.hpp>
#include <trivium/connection.hpp>
#include <trivium/limits.hpp>
#include <trivium/mode.hpp>
#include <trivium/step.hpp>

namespace trivium {

/// The memory of a transfer of one piece, of at most step_max, through a descriptor that nothing but the peer
/// can end; of any other, an empty piece.
template <connection Connection, class Buffers>
iovec for_one_call(Connection const& between, Buffers&& what, limits const& ends_it) {
  if (!bare_descriptor<Connection> || !unlimited(between, ends_it)) return {};
  auto const piece = only_piece(what);
  return piece.iov_len <= step_max ? piece : iovec{};
}

}  // namespace trivium
