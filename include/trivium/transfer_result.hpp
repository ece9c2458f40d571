// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What an operation did, whatever ended it.
#pragma once

#include <trivium/config.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <trivium/error.hpp>

#include <boost/system/system_error.hpp>

namespace TRIVIUM_EXPORT trivium {

/// How much was moved, why it ended, and what it took. A value.
///
/// `bytes` counts what the kernel (TLS: the session) irrevocably took or gave, in order, once; it is exact
/// also with an error: what is left begins at `bytes`. (The peer may not have read it yet; `finish` waits for
/// that, and there `bytes` is what the peer has not taken.)
struct [[nodiscard]] transfer_result {
  std::size_t bytes = 0;
  error_code error;  ///< not set: all that was asked for is done

  std::uint64_t calls = 0;         ///< system calls that tried to move bytes
  std::uint64_t would_blocks = 0;  ///< of these, how many the kernel answered with "not now"
  std::uint64_t waits = 0;  ///< how often it waited; in the call that moves bytes: after one that was short
  std::chrono::nanoseconds waited{0};  ///< how long in all (not in the kernel's calls)

  /// What two operations came to, the second of which went on where the first ended.
  transfer_result& operator+=(transfer_result const& next) noexcept;

  /// `bytes`, or throws transfer_error.
  std::size_t value() const;

  /// Whether a next operation in the same direction may succeed: true without an error, after every limit,
  /// and after an error of the call rather than of the connection (EINVAL, or out_of_resources).
  bool connection_usable() const noexcept;
};

/// Thrown by transfer_result::value(). Carries the whole result, so that no count is lost.
class transfer_error : public boost::system::system_error {
 public:
  explicit transfer_error(transfer_result const& result);
  transfer_result const& result() const noexcept { return result_; }

 private:
  transfer_result result_;
};

}  // namespace trivium
