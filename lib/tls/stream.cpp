// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <boost/asio/ssl/error.hpp>
#include <trivium/tls/stream.hpp>

namespace trivium {

error_code tls_stream::as_asio_error(error_code error) noexcept {
  if (error == errc::truncated) return boost::asio::ssl::error::stream_truncated;
  return trivium::as_asio_error(error);
}

}  // namespace trivium
