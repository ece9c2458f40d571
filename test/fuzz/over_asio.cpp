// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <transports.hpp>

#include "carrying.hpp"

namespace trivium::fuzz {

void carry_over_asio_tcp(socket near, carriage const& how, direction& sends, direction& receives,
                         record& to) {
  carry_over(how, sends, receives, to,
             [&](boost::asio::io_context& io) { return test::asio_tcp::join(io, std::move(near)); });
}

void carry_over_asio_local(socket near, carriage const& how, direction& sends, direction& receives,
                           record& to) {
  carry_over(how, sends, receives, to,
             [&](boost::asio::io_context& io) { return test::asio_local::join(io, std::move(near)); });
}

}  // namespace trivium::fuzz
