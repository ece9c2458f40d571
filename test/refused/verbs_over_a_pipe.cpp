// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A pipe is no socket.

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <string>
#include <trivium/nonblocking.hpp>

#ifdef MENDED
using descriptor = boost::asio::local::stream_protocol::socket;
#else
using descriptor = boost::asio::posix::stream_descriptor;
#endif

void receives(descriptor& from, std::string& into) {
  (void)trivium::nonblocking::receive_some(from, into);
}
