// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A socket of datagrams has no stream of bytes.

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <string>
#include <trivium/blocking.hpp>

#ifdef MENDED
using protocol = boost::asio::ip::tcp;
#else
using protocol = boost::asio::ip::udp;
#endif

void sends(protocol::socket& peer, std::string const& text) {
  (void)trivium::blocking::send_all(peer, text);
}
