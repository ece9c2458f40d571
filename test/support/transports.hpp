// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Pairs of connected ends on this machine, over each kind of connection that the verbs accept. `near` is what
// a way works on; `far` is the peer, a plain descriptor.
#pragma once

#include <sys/socket.h>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <trivium/blocking.hpp>
#include <trivium/stream.hpp>
#include <tuple>
#include <utility>

namespace trivium::test {

/// Two connected descriptors. With a size, the kernel's buffers between them are as small as it allows.
std::pair<socket, socket> tcp_pair(int buffer_bytes = 0);
std::pair<socket, socket> local_pair(int buffer_bytes = 0);

/// However a socket loses its descriptor, whose number may be another's next.
inline constexpr void (*losses_of_a_descriptor[])(socket&) = {
    [](socket& of) { of.close(); },
    [](socket& of) { socket const given_back{of.release()}; },
    [](socket& of) { socket const moved{std::move(of)}; },
    [](socket& of) { of = socket{}; },
};

struct tcp {
  static constexpr char const* name = "tcp";
  using connection = stream;
  static std::pair<socket, socket> pair(int buffer_bytes) { return tcp_pair(buffer_bytes); }
  static connection join(boost::asio::io_context& io, socket end) {
    return {std::move(end), io.get_executor()};
  }
};

struct local {
  static constexpr char const* name = "local";
  using connection = stream;
  static std::pair<socket, socket> pair(int buffer_bytes) { return local_pair(buffer_bytes); }
  static connection join(boost::asio::io_context& io, socket end) {
    return {std::move(end), io.get_executor()};
  }
};

struct asio_tcp {
  static constexpr char const* name = "asio_tcp";
  using connection =
      boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;
  static std::pair<socket, socket> pair(int buffer_bytes) { return tcp_pair(buffer_bytes); }
  static connection join(boost::asio::io_context& io, socket end) {
    return connection{io.get_executor(), boost::asio::ip::tcp::v4(), end.release()};
  }
};

struct asio_local {
  static constexpr char const* name = "asio_local";
  using connection = boost::asio::basic_stream_socket<boost::asio::local::stream_protocol,
                                                      boost::asio::io_context::executor_type>;
  static std::pair<socket, socket> pair(int buffer_bytes) { return local_pair(buffer_bytes); }
  static connection join(boost::asio::io_context& io, socket end) {
    return connection{io.get_executor(), {}, end.release()};
  }
};

struct asio_generic {
  static constexpr char const* name = "asio_generic";
  using connection = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                                      boost::asio::io_context::executor_type>;
  static std::pair<socket, socket> pair(int buffer_bytes) { return tcp_pair(buffer_bytes); }
  static connection join(boost::asio::io_context& io, socket end) {
    return connection{io.get_executor(), {AF_INET, IPPROTO_TCP}, end.release()};
  }
};

/// All of them, but for TLS, which not every program links.
using transports = std::tuple<tcp, local, asio_tcp, asio_local, asio_generic>;

/// One way's end and its peer.
template <class Transport>
class loopback {
 public:
  explicit loopback(int buffer_bytes = 0) : loopback{Transport::pair(buffer_bytes)} {}

  boost::asio::io_context io;
  typename Transport::connection near;
  socket far;

 private:
  explicit loopback(decltype(Transport::pair(0)) ends)
      : near{Transport::join(io, std::move(ends.first))}, far{std::move(ends.second)} {}
};

/// Makes the peer reset the connection when it closes.
void reset_on_close(socket& end);

}  // namespace trivium::test
