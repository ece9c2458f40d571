// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What Beast runs over at the near end, and a well-behaved far end over Asio's own socket.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <thread>
#include <transports.hpp>
#include <trivium/stream.hpp>

namespace trivium::test {

struct plain {
  using client = stream;
  using server = boost::asio::ip::tcp::socket;
  static client join(stream end) { return end; }
  static server serve(server end) { return end; }
  static void greet(client&, server&) {}
};

/// Two ends over `Layer`, which have greeted each other.
template <class Layer>
struct connected {
  connected() { Layer::greet(near, far); }

  /// The trivium::stream under the near end.
  stream& under() { return near.lowest_layer(); }

  boost::asio::io_context io;
  std::pair<socket, socket> ends = tcp_pair();
  typename Layer::client near = Layer::join(stream{std::move(ends.first), io.get_executor()});
  typename Layer::server far = Layer::serve({io, boost::asio::ip::tcp::v4(), ends.second.release()});
};

/// Runs `act` in a thread of its own while it lives.
class meanwhile {
 public:
  template <class Act>
  explicit meanwhile(Act act) : thread_{std::move(act)} {}

 private:
  std::jthread thread_;
};

}  // namespace trivium::test
