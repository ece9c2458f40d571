// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <algorithm>
#include <new>
#include <trivium/detail/window.hpp>

namespace trivium::detail {

iovec window::front(std::size_t most) const noexcept {
  return {memory_.get() + begin_, std::min(size(), most)};
}

iovec window::room(std::size_t most) noexcept {
  if (was_filled() && capacity_ != last_capacity) {
    auto const more = std::max(2 * capacity_, first_capacity);
    if (auto* const memory = new (std::nothrow) std::byte[more]) {
      memory_.reset(memory);
      capacity_ = more;
    }
  }
  begin_ = end_ = 0;
  return {memory_.get(), std::min(most, capacity_)};
}

}  // namespace trivium::detail
