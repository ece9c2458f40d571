// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The control channel between the coordinator and a child: one JSON object a line, over a pair of local
// sockets.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "../steps/descriptor.hpp"

namespace trivium::bench {

class channel {
 public:
  explicit channel(descriptor socket) : socket_(std::move(socket)) {}

  /// Throws `std::system_error` if the other end is gone.
  void send(boost::json::object const& message);

  enum class heard { message, nothing_yet, hung_up };

  /// Takes what has arrived, without waiting. A whole line becomes `message`.
  heard listen(boost::json::object& message);

  [[nodiscard]] int get() const { return socket_.get(); }

 private:
  bool take_line(boost::json::object& message);

  descriptor socket_;
  std::string pending_;
};

}  // namespace trivium::bench
