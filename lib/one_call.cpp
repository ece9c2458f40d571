// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/detail/one_call.hpp>

#include "call.hpp"

namespace trivium::detail {

template <direction Moving>
ssize_t one_call<Moving>::make(may_block allowed) const noexcept {
  if constexpr (Moving == direction::send)
    return call_send(descriptor_, piece_, allowed);
  else
    return call_receive(descriptor_, piece_, allowed);
}

template <direction Moving>
attempt one_call<Moving>::answer(ssize_t n, may_block allowed) const noexcept {
  if constexpr (Moving == direction::send)
    return send_answered(n, piece_.iov_len, descriptor_);
  else
    return receive_answered(n, piece_.iov_len, descriptor_, allowed);
}

template <direction Moving>
transfer<typename one_call<Moving>::memory> one_call<Moving>::remainder(ssize_t n,
                                                                        may_block allowed) const noexcept {
  auto const first = answer(n, allowed);
  transfer<memory> rest{any_channel{descriptor_}, memory{pieces{piece_}, how_much_}};
  rest.begin_with(first, allowed);
  return rest;
}

template <direction Moving>
transfer<typename one_call<Moving>::memory> one_call<Moving>::remainder(ssize_t n, may_block allowed,
                                                                        limits const& within) const {
  auto const first = answer(n, allowed);
  transfer<memory> rest{any_channel{descriptor_}, memory{pieces{piece_}, how_much_}, within};
  rest.begin_with(first, allowed);
  return rest;
}

template class one_call<direction::send>;
template class one_call<direction::receive>;

}  // namespace trivium::detail
