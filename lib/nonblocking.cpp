// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/nonblocking.hpp>

#include <type_traits>

#include "call.hpp"

namespace trivium::nonblocking {
namespace {

// Apart, so that the call that mostly does it makes no room for all of this. It came to `n`, and errno.
template <class Memory>
[[gnu::noinline]] void go_on(ssize_t n, int descriptor, iovec piece, transfer_result& result) {
  attempt first;
  if constexpr (std::is_same_v<Memory, memory_source>)
    first = send_answered(n, piece.iov_len, descriptor);
  else
    first = receive_answered(n, piece.iov_len, descriptor, may_block::no);
  transfer operation{
      any_channel{descriptor}, Memory{pieces{piece}, amount::some}, {.timeout = nanoseconds{0}}};
  operation.advance_after(first);
  result = operation.result();
}

}  // namespace

void send_piece(int to, iovec from, transfer_result& result) {
  auto const n = call_send(to, from, may_block::no);
  if (n > 0)
    result = {.bytes = static_cast<std::size_t>(n), .error = {}, .calls = 1};
  else
    go_on<memory_source>(n, to, from, result);
}

void receive_piece(int from, iovec into, transfer_result& result) {
  auto const n = call_receive(from, into, may_block::no);
  if (n > 0)
    result = {.bytes = static_cast<std::size_t>(n), .error = {}, .calls = 1};
  else
    go_on<memory_sink>(n, from, into, result);
}

}  // namespace trivium::nonblocking
