// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/operations/handshaking.hpp>

namespace trivium {

attempt handshaking::step(std::size_t) noexcept {
  return channel_.with([](channel& between) { return between.handshake(); });
}

}  // namespace trivium
