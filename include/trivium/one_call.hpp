// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Which transfers one system call may do, without an operation. (To make one costs more than a small call.)
#pragma once

#include <trivium/config.hpp>

#include <trivium/buffers.hpp>
#include <trivium/connection.hpp>
#include <trivium/limits.hpp>
#include <trivium/mode.hpp>
#include <trivium/step.hpp>

namespace TRIVIUM_EXPORT trivium {

/// `piece`, if one call may be asked to move all of it; else an empty one.
constexpr iovec for_one_call(iovec piece) noexcept {
  return piece.iov_len <= step_max ? piece : iovec{};
}

/// The memory of a transfer of one piece through a descriptor that nothing but the peer can end; of any
/// other, an empty piece.
template <connection Connection, class Buffers>
iovec for_one_call(Connection const& between, Buffers&& what, limits const& within) {
  if (!bare_descriptor<Connection> || !unlimited(between, within)) return {};
  return for_one_call(only_piece(what));
}

/// That call, which does not sleep. Requires: at least one byte.
attempt send_at_once(int to, iovec from) noexcept;
attempt receive_at_once(int from, iovec into) noexcept;

}  // namespace trivium
