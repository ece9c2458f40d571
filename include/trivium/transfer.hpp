// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A transfer under way: what is left to send or receive, the limits, and the count.
#pragma once

#include <trivium/config.hpp>

#include <trivium/connection.hpp>
#include <trivium/mode.hpp>
#include <trivium/step.hpp>
#include <trivium/turning.hpp>
#include <variant>

namespace TRIVIUM_EXPORT trivium {

/// Sends from memory, or receives into it, turn by turn; see `turning`.
///
///     transfer upload{peer, sending(buffer(data)), {.stall_timeout = 10s}};
///     while (upload.turn() == turned::would_block) other_work();
///     transfer_result sent = upload.result();
///
/// Borrows the connection and the memory until it has ended. After a limit the connection is as before, and
/// a new transfer may begin at `result().bytes`. Threads: one transfer in each direction at a time.
class transfer final : public turning {
 public:
  template <connection Connection>
  transfer(Connection& between, memory_source&& from, limits const& ends_it = {})
      : transfer{channel_of(between), std::move(from), governing_a_send(between, ends_it)} {}
  template <connection Connection>
  transfer(Connection& between, memory_sink&& into, limits const& ends_it = {})
      : transfer{channel_of(between), std::move(into), governing(between, ends_it)} {}
  transfer(any_channel through, memory_source&& from, limits const& ends_it)
      : turning{ends_it}, channel_{through}, memory_{std::move(from)} {}
  transfer(any_channel through, memory_sink&& into, limits const& ends_it)
      : turning{ends_it}, channel_{through}, memory_{std::move(into)} {}
  transfer(any_channel through, memory_source&& from) noexcept
      : channel_{through}, memory_{std::move(from)} {}
  transfer(any_channel through, memory_sink&& into) noexcept : channel_{through}, memory_{std::move(into)} {}

  /// A turn that begins with an attempt which was made before there was an operation, and came to `first`.
  /// Requires: no turn was made yet, and no limit has refused it.
  turned turn_after(attempt const& first,
                    std::size_t budget = std::numeric_limits<std::size_t>::max()) noexcept;

  /// Begins with a wait for `first` instead of an attempt that is known to be in vain. False: turn it.
  bool expect(trivium::wants first) noexcept { return !complete(0) && turning::expect(first); }

  /// Whether its end is the first bytes or the last.
  extent how_much() const noexcept;

  enum class direction { send, receive };
  direction moves_to() const noexcept {
    return std::holds_alternative<memory_source>(memory_) ? direction::send : direction::receive;
  }

 private:
  attempt step(std::size_t most) noexcept override;
  std::int64_t taken() noexcept override;
  bool enough() const noexcept override;

  /// Whether all is done that was asked for, after an attempt that moved `bytes`.
  bool complete(std::size_t bytes) const noexcept;

  any_channel channel_;
  std::variant<memory_source, memory_sink> memory_;
};

}  // namespace trivium
