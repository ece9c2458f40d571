// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The result of an operation.
#pragma once

#include <trivium/config.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <trivium/error.hpp>

#include <boost/system/system_error.hpp>

namespace TRIVIUM_EXPORT trivium {

/// The bytes moved, the error, and statistics. A value type.
///
/// `bytes` is the number of bytes that the kernel (TLS: the session) has irrevocably taken or delivered, in
/// order and once. It is exact also with an error: the remainder begins at `bytes`. The peer may not have
/// read these bytes yet. `finish` waits for that, and its `bytes` is the number that the peer has not taken.
struct [[nodiscard]] transfer_result {
  std::size_t bytes = 0;  ///< how many were moved, exactly
  error_code error;       ///< not set: the operation has completed

  std::uint64_t calls = 0;         ///< system calls that tried to move bytes
  std::uint64_t would_blocks = 0;  ///< of these, how many moved nothing because they would block
  std::uint64_t waits = 0;         ///< times it waited; a call that sleeps itself counts after a short count
  std::chrono::nanoseconds waited{0};  ///< total time waited, without sleeps inside the calls themselves

  /// Adds the result of an operation that continued where this one ended. The error is that of `next`.
  transfer_result& operator+=(transfer_result const& next) noexcept;

  /// Returns `bytes`. Throws transfer_error if there is an error.
  std::size_t value() const;

  /// Whether another operation in the same direction may succeed: true without an error, after every limit,
  /// and after an error of the call, or of the file that was sent or received into, rather than of the
  /// connection (EINVAL, out_of_resources; ENOENT, ENOSPC, EIO, errc::source_ended and the like).
  bool connection_usable() const noexcept;
};

/// Thrown by transfer_result::value(). It holds the whole result, so that the byte count is not lost.
class transfer_error : public boost::system::system_error {
 public:
  /// Holds a copy of `result`.
  explicit transfer_error(transfer_result const& result);
  /// The whole result.
  transfer_result const& result() const noexcept { return result_; }

 private:
  transfer_result result_;
};

}  // namespace trivium
