// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <boost/asio/error.hpp>
#include <trivium/asio_stream.hpp>

#include "limit_category.hpp"

namespace trivium {

error_code as_asio_error(error_code error) noexcept {
  if (!error || error.category() != category()) return error;
  switch (static_cast<errc>(error.value())) {
    case errc::would_block:
      return boost::asio::error::would_block;
    case errc::timed_out:
    case errc::stalled:
    case errc::too_slow:
      return limit_passed();
    case errc::stopped:
      return boost::asio::error::operation_aborted;
    case errc::end_of_file:
      return boost::asio::error::eof;
    case errc::truncated:
    case errc::session_broken:
    case errc::no_thread:
      break;
  }
  return error;
}

}  // namespace trivium
