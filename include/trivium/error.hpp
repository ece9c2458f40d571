// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The errors of trivium. Errors of the kernel are passed on unchanged, in the system category.
#pragma once

#include <trivium/config.hpp>

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

namespace TRIVIUM_EXPORT trivium {

using boost::system::error_code;

/// A value or an error: the return type of `connect`, `accept` and `listen`.
using boost::system::result;

/// Why an operation ended before it had completed. After all of these but end_of_file, truncated and
/// session_broken the connection is unchanged, and the operation can be resumed at `transfer_result::bytes`.
///
/// The kernel reports a reset once. If a send has returned ECONNRESET, a later receive returns end_of_file. A
/// program that sends and receives concurrently must check both results.
///
/// `timed_out` is a limit of the caller's. The kernel's ETIMEDOUT means that the connection is dead. It has
/// the system category and never compares equal to `timed_out`.
///
/// `error == errc::...` holds for an error of a verb and for the corresponding error of a stream's own call,
/// Asio or Beast. docs/errors.md has the table.
enum class errc {
  would_block = 1,  ///< the operation would have to wait, and was not allowed to
  timed_out,        ///< limits::timeout, or a mode's deadline, has passed
  stalled,          ///< limits::stall_timeout, or a mode's idle timeout, has passed without progress
  too_slow,         ///< the rate was less than limits::min_rate
  stopped,          ///< a stop was requested, a cancellation was emitted, or the connection was closed
  end_of_file,      ///< the peer has finished sending
  truncated,        ///< TLS: the connection ended without a close_notify; the data received may be truncated
  session_broken,   ///< TLS: an earlier error has ended the session; nothing more can be sent or received
  no_thread,        ///< no thread could be created (EAGAIN of pthread_create, which is not would_block)
  source_ended,     ///< the file, or another source, has ended before the bytes that were to be sent
  function_threw,   ///< a function of the program's own, which makes or uses the bytes, has thrown
};

/// The category of errc. As conditions its codes equal the generic ones: `would_block` equals
/// operation_would_block, `timed_out` equals timed_out and beast::condition::timeout, `stopped` equals
/// operation_canceled. `end_of_file` has Asio's eof as its condition.
///
/// Asio's enumerators are codes, and a code never equals a code of another category. To compare a verb's
/// error with them, write `as_asio_error(error) == asio::error::eof`.
boost::system::error_category const& category() noexcept;

/// Whether `error` is `what`, or the corresponding error of Asio, asio::ssl, Beast or a stream's own call:
/// asio::error::would_block, try_again, operation_aborted, eof; ssl::error::stream_truncated;
/// beast::error::timeout. The kernel's ETIMEDOUT corresponds to none.
bool operator==(error_code const& error, errc what) noexcept;

/// `error` as programs on Asio expect it: asio::error::would_block, timed_out (for every limit),
/// operation_aborted, eof. An error without a name there is returned unchanged. The returned code also equals
/// the errc: the timed_out of a limit equals errc::timed_out, the kernel's does not.
error_code as_asio_error(error_code error) noexcept;

/// Whether the system was out of a resource (EMFILE, ENFILE, ENOBUFS, ENOMEM, errc::no_thread). The same call
/// may succeed later. The connection or the listening socket is unchanged.
bool out_of_resources(error_code const& error) noexcept;

/// `code` as an error_code.
inline error_code make_error_code(errc code) noexcept {
  return {static_cast<int>(code), category()};
}

}  // namespace trivium

template <>
struct boost::system::is_error_code_enum<trivium::errc> : std::true_type {};
