// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A stream is made of its descriptor.

#include <boost/asio/io_context.hpp>
#include <trivium/stream.hpp>
#include <trivium/tls/stream.hpp>
#include <utility>

void takes(boost::asio::io_context& io, int descriptor) {
#ifdef MENDED
  trivium::stream there{trivium::socket{descriptor}, io.get_executor()};
#else
  trivium::stream there{io};
  there.assign(boost::asio::ip::tcp::v4(), descriptor);
#endif
  there.close();
}
