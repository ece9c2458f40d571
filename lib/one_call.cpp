// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/one_call.hpp>

#include "call.hpp"

namespace trivium {

attempt send_at_once(int to, iovec from) noexcept {
  return send_answered(call_send(to, from, patience::none), from.iov_len, to);
}

attempt receive_at_once(int from, iovec into) noexcept {
  return receive_answered(call_receive(from, into, patience::none), into.iov_len, from, patience::none);
}

}  // namespace trivium
