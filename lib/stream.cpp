// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/stream.hpp>

#include "system.hpp"

namespace trivium {

void stream::shutdown(boost::asio::socket_base::shutdown_type what, error_code& error) noexcept {
  error = system().shutdown(native_handle(), what) != 0 ? last_error() : error_code{};
}

}  // namespace trivium
