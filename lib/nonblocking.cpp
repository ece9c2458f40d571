// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/nonblocking.hpp>

#include "call.hpp"

namespace trivium::nonblocking {
namespace {

// Apart, so that the call that mostly does it makes no room for all of this.
template <class Memory>
[[gnu::noinline]] void go_on(int descriptor, attempt const& first, iovec piece, transfer_result& result) {
  transfer operation{
      any_channel{descriptor}, Memory{pieces{piece}, extent::some}, {.timeout = nanoseconds{0}}};
  operation.turn_after(first);
  result = operation.result();
}

}  // namespace

void send_piece(int to, iovec from, transfer_result& result) {
  auto const n = call_send(to, from, patience::none);
  if (n > 0)
    result = {.bytes = static_cast<std::size_t>(n), .error = {}, .calls = 1};
  else
    go_on<memory_source>(to, send_answered(n, from.iov_len, to), from, result);
}

void receive_piece(int from, iovec into, transfer_result& result) {
  auto const n = call_receive(from, into, patience::none);
  if (n > 0)
    result = {.bytes = static_cast<std::size_t>(n), .error = {}, .calls = 1};
  else
    go_on<memory_sink>(from, receive_answered(n, into.iov_len, from, patience::none), into, result);
}

}  // namespace trivium::nonblocking
