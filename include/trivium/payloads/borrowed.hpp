// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A source or a sink by reference: for one that is to be used again, or looked at, when the transfer has
// ended.
#pragma once

#include <trivium/config.hpp>

#include <cstddef>
#include <trivium/payload.hpp>

namespace TRIVIUM_EXPORT trivium {

/// Refers to a source or a sink.
///
///     file_sink into{"upload.part"};
///     auto received = blocking::receive(peer, borrow(into), {.timeout = 30s});
///     if (into.unwritten() != 0) ...                                            // the disk was full
///
/// Lifetime: `of` must live until the transfer has ended. One transfer at a time uses it.
template <payload Payload>
class borrowed {
 public:
  static constexpr bool waits_elsewhere = may_wait_elsewhere<Payload>;

  explicit borrowed(Payload& of) noexcept : of_{&of} {}

  /// As those of the payload.
  attempt send_to(channel& to, std::size_t most, may_block allowed) noexcept requires source<Payload> {
    return of_->send_to(to, most, allowed);
  }
  attempt receive_from(channel& from, std::size_t most, may_block allowed) noexcept requires sink<Payload> {
    return of_->receive_from(from, most, allowed);
  }
  bool done() const noexcept { return of_->done(); }
  amount how_much() const noexcept { return trivium::how_much(*of_); }

 private:
  Payload* of_;
};

/// Passes `of` to a verb by reference.
template <payload Payload>
borrowed<Payload> borrow(Payload& of) noexcept {
  return borrowed<Payload>{of};
}

}  // namespace trivium
