// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/blocking.hpp>
#include <trivium/detail/operation_access.hpp>

#include "wait.hpp"

namespace trivium {
namespace {

using access = detail::operation_access;

// Advances `op` to its end, and sleeps while it is pending.
transfer_result const& complete(operation& op, progress how) {
  waker stop{op.stop()};
  for (; how != progress::done; how = op.advance()) {
    if (how != progress::pending) continue;
    auto const woke = wait(op.interest(), op.due(), stop);
    if (woke.error)
      op.fail(woke.error);
    else
      op.waited(woke.waited);
  }
  return op.result();
}

}  // namespace

template <direction Moving>
transfer_result detail::complete_blocking(one_call<Moving> const& call, ssize_t n) {
  auto rest = call.remainder(n, may_block_for(call.how_much()));
  return complete(rest, access::how_far(rest));
}
template transfer_result detail::complete_blocking(one_call<direction::send> const&, ssize_t);
template transfer_result detail::complete_blocking(one_call<direction::receive> const&, ssize_t);

namespace blocking {

transfer_result const& complete(operation& op) {
  if (!op.limited()) access::let_kernel_wait(op);
  return trivium::complete(op, op.advance());
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

}  // namespace blocking
}  // namespace trivium
