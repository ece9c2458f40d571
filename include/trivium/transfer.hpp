// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A transfer under way: what is left to send or receive, the limits, and the count.
#pragma once

#include <trivium/config.hpp>

#include <trivium/connection.hpp>
#include <trivium/mode.hpp>
#include <trivium/operation.hpp>
#include <trivium/step.hpp>
#include <variant>

namespace TRIVIUM_EXPORT trivium {

/// Sends from memory, or receives into it, one `advance` after the other; see `operation`.
///
///     transfer upload{peer, sending(buffer(data)), {.stall_timeout = 10s}};
///     while (upload.advance() == progress::pending) other_work();
///     transfer_result sent = upload.result();
///
/// Borrows the connection and the memory until it has ended. After a limit the connection is as before, and
/// a new transfer may begin at `result().bytes`. Threads: one transfer in each direction at a time.
class transfer final : public operation {
 public:
  template <connection Connection>
  transfer(Connection& between, memory_source&& from, limits const& within = {})
      : transfer{channel_of(between), std::move(from), governing_a_send(between, within)} {}
  template <connection Connection>
  transfer(Connection& between, memory_sink&& into, limits const& within = {})
      : transfer{channel_of(between), std::move(into), governing(between, within)} {}
  transfer(any_channel through, memory_source&& from, limits const& within)
      : operation{within}, channel_{through}, memory_{std::move(from)} {}
  transfer(any_channel through, memory_sink&& into, limits const& within)
      : operation{within}, channel_{through}, memory_{std::move(into)} {}
  transfer(any_channel through, memory_source&& from) noexcept
      : channel_{through}, memory_{std::move(from)} {}
  transfer(any_channel through, memory_sink&& into) noexcept : channel_{through}, memory_{std::move(into)} {}

  /// `advance` that begins with an attempt which was made before there was an operation, and came to `first`.
  /// Requires: it was not advanced yet, and no limit has refused it.
  progress advance_after(attempt const& first,
                         std::size_t budget = std::numeric_limits<std::size_t>::max()) noexcept;

  /// Begins with a wait for `first` instead of an attempt that is known to be in vain. False: advance it.
  bool expect(trivium::interest first) noexcept { return !complete(0) && operation::expect(first); }

  /// Whether its end is the first bytes or the last.
  amount how_much() const noexcept;

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
