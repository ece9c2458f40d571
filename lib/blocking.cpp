// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/blocking.hpp>

#include <type_traits>
#include <utility>

#include "call.hpp"
#include "wait.hpp"

namespace trivium::blocking {
namespace {

// Sleeps in between. It has been advanced once, to `how`.
transfer_result const& complete(operation& op, progress how) {
  waker stop{op.stop()};
  for (; how == progress::pending; how = op.advance()) {
    auto const woke = wait(op.interest(), op.due(), stop);
    if (woke.error)
      op.fail(woke.error);
    else
      op.waited(woke.waited);
  }
  return op.result();
}

bool did_it(ssize_t n, iovec piece, amount how_much) noexcept {
  return n > 0 && (how_much == amount::some || static_cast<std::size_t>(n) == piece.iov_len);
}

// Apart, so that the call that mostly does it makes no room for all of this. It came to `n`, and errno.
template <class Memory>
[[gnu::noinline]] void go_on(ssize_t n, int descriptor, iovec piece, amount how_much,
                             transfer_result& result) {
  attempt first;
  if constexpr (std::is_same_v<Memory, memory_source>)
    first = send_answered(n, piece.iov_len, descriptor);
  else
    first = receive_answered(n, piece.iov_len, descriptor, may_block_for(how_much));
  transfer operation{any_channel{descriptor}, Memory{pieces{piece}, how_much}};
  operation.let_kernel_wait();
  result = complete(operation, operation.advance_after(first));
}

}  // namespace

void send_piece(int to, iovec from, amount how_much, transfer_result& result) {
  auto const n = call_send(to, from, may_block_for(how_much));
  if (did_it(n, from, how_much))
    result = {.bytes = static_cast<std::size_t>(n), .error = {}, .calls = 1};
  else
    go_on<memory_source>(n, to, from, how_much, result);
}

void receive_piece(int from, iovec into, amount how_much, transfer_result& result) {
  auto const n = call_receive(from, into, may_block_for(how_much));
  if (did_it(n, into, how_much))
    result = {.bytes = static_cast<std::size_t>(n), .error = {}, .calls = 1};
  else
    go_on<memory_sink>(n, from, into, how_much, result);
}

transfer_result const& complete(operation& op) {
  if (!op.limited()) op.let_kernel_wait();
  return complete(op, op.advance());
}

result<socket> connect(std::string_view host, service const& at, limits const& within,
                       connect_options const& how) {
  connecting operation{host, at, within, how};
  complete(operation);
  return operation.take();
}

result<socket> connect(endpoint const& to, limits const& within, connect_options const& how) {
  connecting operation{to, within, how};
  complete(operation);
  return operation.take();
}

}  // namespace trivium::blocking
