// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "carrying.hpp"

namespace trivium::fuzz {

void carry_over_stream(socket near, carriage const& how, direction& sends, direction& receives, record& to) {
  carry_over(how, sends, receives, to, [&](boost::asio::io_context& io) {
    return stream{std::move(near), io.get_executor()};
  });
}

}  // namespace trivium::fuzz
