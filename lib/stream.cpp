// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/stream.hpp>

#include "system.hpp"

namespace trivium {

error_code stream::shutdown(boost::asio::socket_base::shutdown_type what) noexcept {
  if (system().shutdown(native_handle(), what) != 0) return last_error();
  return {};
}

}  // namespace trivium
