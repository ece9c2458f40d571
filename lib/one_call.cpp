// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/one_call.hpp>

#include "call.hpp"

namespace trivium {

attempt send_at_once(int to, iovec from) noexcept {
  return try_send(to, from, may_block::no);
}

attempt receive_at_once(int from, iovec into) noexcept {
  return try_receive(from, into, may_block::no);
}

}  // namespace trivium
