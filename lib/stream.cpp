// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <boost/asio/error.hpp>
#include <trivium/blocking.hpp>
#include <trivium/stream.hpp>

#include "system.hpp"

namespace trivium {

error_code as_asio_error(error_code error) noexcept {
  if (error.category() != category()) return error;
  switch (static_cast<errc>(error.value())) {
    case errc::would_block:
      return boost::asio::error::would_block;
    case errc::timed_out:
    case errc::stalled:
    case errc::too_slow:
      return boost::asio::error::timed_out;
    case errc::stopped:
      return boost::asio::error::operation_aborted;
    case errc::end_of_file:
      return boost::asio::error::eof;
    case errc::truncated:
    case errc::session_broken:
      break;
  }
  return error;
}

error_code stream::shutdown(boost::asio::socket_base::shutdown_type what) noexcept {
  if (system().shutdown(native_handle(), what) != 0) return last_error();
  return {};
}

void stream::begin(transfer& operation) const noexcept {
  if (write_limit_met_ && operation.moves_to() == transfer::direction::send)
    operation.fail(errc::session_broken);
}

error_code stream::end(transfer::direction of, transfer_result const& came) noexcept {
  if (of == transfer::direction::send) {
    last_sent_ = came;
    if (final_after_write_limit_ && came.error && came.connection_usable()) write_limit_met_ = true;
  } else {
    last_received_ = came;
  }
  return as_asio_error(came.error);
}

std::size_t stream::wait_for(transfer operation, error_code& error) {
  begin(operation);
  auto const& came = blocking::complete(operation);
  error = end(operation.moves_to(), came);
  return came.bytes;
}

}  // namespace trivium
