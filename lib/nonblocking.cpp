// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/nonblocking.hpp>

namespace trivium {

template <direction Moving>
transfer_result detail::refused_at_once(one_call<Moving> const& call, ssize_t n) {
  auto rest = call.remainder(n, may_block::no, {.timeout = nanoseconds{0}});
  rest.advance();  // tries again if the call was interrupted
  return rest.result();
}
template transfer_result detail::refused_at_once(one_call<direction::send> const&, ssize_t);
template transfer_result detail::refused_at_once(one_call<direction::receive> const&, ssize_t);

}  // namespace trivium
