// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A send or receive operation: the remaining payload, the limits, and the byte count.
#pragma once

#include <trivium/config.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <trivium/connection.hpp>
#include <trivium/mode.hpp>
#include <trivium/operation.hpp>
#include <trivium/payload.hpp>
#include <trivium/payloads/file.hpp>
#include <trivium/payloads/memory.hpp>
#include <utility>

namespace TRIVIUM_EXPORT trivium {

namespace detail {
template <direction Moving>
class one_call;
}

/// Sends from a source, or receives into a sink, by successive calls of `advance`; see `operation`.
///
///     transfer upload{peer, sending(buffer(data)), {.stall_timeout = 10s}};
///     while (upload.advance() == progress::pending) other_work();
///     transfer_result sent = upload.result();
///
/// A limit leaves the connection usable, and a new transfer may begin at `result().bytes`.
///
/// Errors:   EPIPE, ECONNRESET: the connection is broken. errc::end_of_file when receiving: the peer has
///           finished sending. errc::timed_out, stalled, too_slow, stopped, would_block: a limit. EINVAL: a
///           limit out of range. Other errors of the kernel, of the channel and of the payload are passed on.
/// Lifetime: borrows the connection, and the memory of the payload, until it has ended.
/// Threads:  one transfer in each direction at a time.
template <payload Payload>
class transfer final : public operation {
 public:
  /// The type of what it moves.
  using payload_type = Payload;
  /// Whether it sends or receives.
  static constexpr direction moving = source<Payload> ? direction::send : direction::receive;

  /// Moves `what` over `between`, whose mode completes the limits.
  template <connection Connection>
  transfer(Connection& between, Payload what, limits const& within = {})
      : transfer{channel_of(between), std::move(what), governing_a_transfer(between, within)} {}
  /// The same over a channel, with these limits and no others.
  transfer(any_channel through, Payload what, limits const& within)
      : operation{within}, channel_{through}, payload_{std::move(what)} {}
  transfer(any_channel through, Payload what) noexcept : channel_{through}, payload_{std::move(what)} {}
  ~transfer() override = default;
  transfer(transfer&&) noexcept = default;

  /// Whether it ends with the first bytes that move, or with all of them.
  amount how_much() const noexcept { return trivium::how_much(payload_); }

 private:
  template <direction>
  friend class detail::one_call;
  friend struct detail::operation_access;

  bool expect(trivium::interest first) noexcept { return !complete(0) && operation::expect(first); }

  template <class Connection>
  static limits governing_a_transfer(Connection const& between, limits const& within) noexcept {
    if constexpr (moving == direction::send)
      return governing_a_send(between, within);
    else
      return governing(between, within);
  }

  attempt step(std::size_t most) noexcept override {
    if (complete(0)) return {.what = attempt::outcome::done, .calls = 0};
    auto const allowed = kernel_waits() ? may_block_for(how_much()) : may_block::no;
    if constexpr (moving == direction::send)
      if (all_taken(0)) return judged(channel_.with([&](auto& to) { return to.send({}, allowed); }));
    return judged(channel_.with([&](auto& between) {
      if constexpr (moving == direction::send)
        return payload_.send_to(between, most, allowed);
      else
        return payload_.receive_from(between, most, allowed);
    }));
  }

  std::int64_t taken() noexcept override {
    auto const moved = static_cast<std::int64_t>(result_.bytes);
    if constexpr (moving == direction::receive) return moved;
    return moved - static_cast<std::int64_t>(channel_.with([](channel& to) { return to.queued(); }));
  }

  bool enough() const noexcept override { return how_much() == amount::some && result_.bytes != 0; }

  /// Accounts for an attempt that was made before this transfer existed.
  void begin_with(attempt const& first,
                  may_block allowed) noexcept requires std::derived_from<Payload, memory_left> {
    payload_.consume(first.bytes);
    operation::begin_with(judged(first), allowed);
  }

  // The attempt, with outcome `done` if it has completed the transfer.
  attempt judged(attempt answer) const noexcept {
    if (answer.what != attempt::outcome::failed && complete(answer.bytes))
      answer.what = attempt::outcome::done;
    return answer;
  }

  /// Whether the transfer is complete after an attempt that moved `bytes`.
  bool complete(std::size_t bytes) const noexcept {
    return all_taken(bytes) && !(moving == direction::send && channel_.has_pending_output());
  }
  /// Whether nothing is left in the payload that this transfer has to move.
  bool all_taken(std::size_t bytes) const noexcept {
    return payload_.done() || (how_much() == amount::some && result_.bytes + bytes != 0);
  }

  any_channel channel_;
  Payload payload_;
};

extern template class transfer<memory_source>;
extern template class transfer<memory_sink>;
extern template class transfer<file_source>;
extern template class transfer<file_sink>;

}  // namespace trivium
