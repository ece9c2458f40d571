// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/blocking.hpp>

#include <type_traits>
#include <utility>

#include "call.hpp"
#include "wait.hpp"

namespace trivium::blocking {
namespace {

// Sleeps between the turns, the first of which has been made.
transfer_result const& complete(turning& operation, turned how) {
  waker stop{operation.stop()};
  for (; how == turned::would_block; how = operation.turn()) {
    auto const woke = wait(operation.wants(), operation.due(), stop);
    if (woke.error)
      operation.fail(woke.error);
    else
      operation.waited(woke.waited);
  }
  return operation.result();
}

bool did_it(ssize_t n, iovec piece, extent how_much) noexcept {
  return n > 0 && (how_much == extent::some || static_cast<std::size_t>(n) == piece.iov_len);
}

// Apart, so that the call that mostly does it makes no room for all of this. It came to `n`, and errno.
template <class Memory>
[[gnu::noinline]] void go_on(ssize_t n, int descriptor, iovec piece, extent how_much,
                             transfer_result& result) {
  attempt first;
  if constexpr (std::is_same_v<Memory, memory_source>)
    first = send_answered(n, piece.iov_len, descriptor);
  else
    first = receive_answered(n, piece.iov_len, descriptor, patience_for(how_much));
  transfer operation{any_channel{descriptor}, Memory{pieces{piece}, how_much}};
  operation.let_kernel_wait();
  result = complete(operation, operation.turn_after(first));
}

}  // namespace

void send_piece(int to, iovec from, extent how_much, transfer_result& result) {
  auto const n = call_send(to, from, patience_for(how_much));
  if (did_it(n, from, how_much))
    result = {.bytes = static_cast<std::size_t>(n), .error = {}, .calls = 1};
  else
    go_on<memory_source>(n, to, from, how_much, result);
}

void receive_piece(int from, iovec into, extent how_much, transfer_result& result) {
  auto const n = call_receive(from, into, patience_for(how_much));
  if (did_it(n, into, how_much))
    result = {.bytes = static_cast<std::size_t>(n), .error = {}, .calls = 1};
  else
    go_on<memory_sink>(n, from, into, how_much, result);
}

transfer_result const& complete(turning& operation) {
  if (!operation.limited()) operation.let_kernel_wait();
  return complete(operation, operation.turn());
}

result<socket> connect(std::string_view host, service const& at, limits const& ends_it,
                       connect_options const& how) {
  connecting operation{host, at, ends_it, how};
  complete(operation);
  return operation.take();
}

result<socket> connect(endpoint const& to, limits const& ends_it, connect_options const& how) {
  connecting operation{to, ends_it, how};
  complete(operation);
  return operation.take();
}

}  // namespace trivium::blocking
