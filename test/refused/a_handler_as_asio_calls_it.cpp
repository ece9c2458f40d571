// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The handler of Asio's own async_write, on a verb of trivium's.

#include <string>
#include <trivium/async.hpp>
#include <trivium/stream.hpp>

void sends(trivium::stream& peer, std::string const& text) {
#ifdef MENDED
  trivium::async::send_all(peer, text, [](trivium::transfer_result) {});
#else
  trivium::async::send_all(peer, text, [](boost::system::error_code, std::size_t) {});
#endif
}
