// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/limits.hpp>
#include <trivium/transfer_result.hpp>

namespace trivium {

std::size_t transfer_result::value() const {
  if (error) throw transfer_error{*this};
  return bytes;
}

// An error of the file that is sent or received into. No error of a connection has one of these numbers.
static bool is_of_a_file(int code) noexcept {
  switch (code) {
    case EACCES:
    case EDQUOT:
    case EEXIST:
    case EFBIG:
    case EIO:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case ENOENT:
    case ENOSPC:
    case ENOTDIR:
    case ENXIO:
    case EROFS:
    case ESPIPE:
    case ETXTBSY:
      return true;
    default:
      return false;
  }
}

bool transfer_result::connection_usable() const noexcept {
  if (!error) return true;
  if (error.category() == category())
    return error != errc::end_of_file && error != errc::truncated && error != errc::session_broken;
  if (error.category() != boost::system::system_category()) return false;
  return error.value() == EINVAL || is_of_a_file(error.value()) || out_of_resources(error);
}

transfer_result& transfer_result::operator+=(transfer_result const& next) noexcept {
  bytes += next.bytes;
  error = next.error;
  calls += next.calls;
  would_blocks += next.would_blocks;
  waits += next.waits;
  waited = longer(waited, next.waited);
  return *this;
}

transfer_error::transfer_error(transfer_result const& result)
    : system_error{result.error, "trivium: after " + std::to_string(result.bytes) + " bytes"},
      result_{result} {}

}  // namespace trivium
