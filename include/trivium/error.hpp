// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The errors that are trivium's own. What the kernel says is passed on as it is, in the system category.
#pragma once

#include <trivium/config.hpp>

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

namespace TRIVIUM_EXPORT trivium {

using boost::system::error_code;

/// A thing, or the error why there is none: what `connect`, `accept` and `listen` return.
using boost::system::result;

/// Why an operation ended before its work was done. After every one of them but end_of_file, truncated and
/// session_broken the connection is as it was, and the operation can go on at `transfer_result::bytes`.
///
/// `end_of_file` is the kernel's word, who tells a reset to one call only: a receive after a send that was
/// told of it gets end_of_file. So who sends and receives at once asks both how they ended.
///
/// `timed_out` is a limit of the caller's. The kernel's own ETIMEDOUT says that the connection is dead; it
/// comes in the system category and never compares equal to this one.
///
/// `error == errc::...` is true whoever told it: a verb, a stream's own call, Asio or Beast. docs/errors.md
/// has the table.
enum class errc {
  would_block = 1,  ///< nothing could be done without waiting, and waiting was not allowed
  timed_out,        ///< limits::timeout passed
  stalled,          ///< limits::stall_timeout passed without progress
  too_slow,         ///< less than limits::min_rate
  stopped,          ///< limits::stop was requested, or an emitted cancellation arrived
  end_of_file,      ///< the peer has finished sending
  truncated,        ///< TLS: the connection ended and the peer did not say so: what came may be cut short
  session_broken,   ///< an earlier error has ended the session (TLS); nothing more can be sent or received
  no_thread,        ///< the system gave no thread: pthread_create's EAGAIN, which would pass for would_block
};

/// As conditions these equal the generic ones (`would_block` is operation_would_block, `timed_out` is
/// timed_out and beast::condition::timeout, `stopped` is operation_canceled). `end_of_file` has Asio's eof as
/// its condition. Asio's enumerators are codes, and a code equals no other category's: to compare what a verb
/// told with them, `as_asio_error(error) == asio::error::eof`.
boost::system::error_category const& category() noexcept;

/// Whether `error` says what `what` says: it is that, or what Asio, its ssl, Beast or a stream's own call has
/// for it. (asio::error::would_block, operation_aborted, eof; ssl::error::stream_truncated;
/// beast::error::timeout. The kernel's ETIMEDOUT is nobody's limit.)
bool operator==(error_code const& error, errc what) noexcept;

/// `error` as programs on Asio test for it: asio::error::would_block, timed_out, operation_aborted, eof. What
/// has no name there stays as it is. What it returns equals the errc too: the timed_out that it makes of a
/// limit is errc::timed_out, the kernel's is not.
error_code as_asio_error(error_code error) noexcept;

/// Whether the system ran short of something (EMFILE, ENFILE, ENOBUFS, ENOMEM, errc::no_thread): the same
/// call may succeed later. Nothing has happened to the connection, or to the listening socket.
bool out_of_resources(error_code const& error) noexcept;

inline error_code make_error_code(errc code) noexcept {
  return {static_cast<int>(code), category()};
}

}  // namespace trivium

template <>
struct boost::system::is_error_code_enum<trivium::errc> : std::true_type {};
