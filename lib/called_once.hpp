// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What goes on after a call that was made before there was an operation (`for_one_call`).
#pragma once

#include <optional>
#include <span>
#include <trivium/transfer.hpp>
#include <utility>

#include "call.hpp"

namespace trivium {

/// The channel of a descriptor whose first call has been made: that is its first answer.
class called_once final : public channel {
 public:
  called_once(int descriptor, attempt first) noexcept : channel_{descriptor}, first_{first} {}

  attempt send(std::span<iovec const> pieces, patience allowed) noexcept override {
    return first_ ? *std::exchange(first_, std::nullopt) : channel_.send(pieces, allowed);
  }
  attempt receive(std::span<iovec> pieces, patience allowed) noexcept override {
    return first_ ? *std::exchange(first_, std::nullopt) : channel_.receive(pieces, allowed);
  }
  std::size_t queued() noexcept override { return channel_.queued(); }

 private:
  descriptor_channel channel_;
  std::optional<attempt> first_;
};

/// The operation whose first call that was. `Memory` is a memory_source or a memory_sink.
template <class Memory>
transfer rest_of(called_once& channel, iovec piece, extent how_much, limits const& ends_it = {}) {
  auto const memory = std::span{static_cast<std::byte*>(piece.iov_base), piece.iov_len};
  return transfer{channel, Memory{pieces{memory}, how_much}, ends_it};
}

}  // namespace trivium
