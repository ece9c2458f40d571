// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A socket has no event loop: the message says how to give it one.

#include <boost/asio/io_context.hpp>
#include <string>
#include <trivium/async.hpp>
#include <trivium/stream.hpp>

void sends(boost::asio::io_context& io, trivium::socket peer, std::string const& text) {
#ifdef MENDED
  trivium::stream there{std::move(peer), io.get_executor()};
#else
  trivium::socket there{std::move(peer)};
  static_cast<void>(io);
#endif
  trivium::async::send_all(there, text, [](trivium::transfer_result) {});
}
