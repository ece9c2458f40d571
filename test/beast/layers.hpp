// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What Beast runs over at the near end, and a well-behaved far end over Asio's own socket; and the words that
// the tests of it share.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>
#include <certificates.hpp>
#include <optional>
#include <string>
#include <thread>
#include <tls_transport.hpp>
#include <transports.hpp>
#include <trivium/stream.hpp>
#include <trivium/tls/stream.hpp>
#include <tuple>

namespace trivium::test {

struct plain {
  using client = stream;
  using server = boost::asio::ip::tcp::socket;
  static client join(stream end) { return end; }
  static server serve(boost::asio::ip::tcp::socket end) { return end; }
  static void greet(client&, server&) {}
};

/// Asio's TLS over a trivium::stream. Only for blocking calls is that worth a type of its own; see
/// tls_stream.
struct asio_ssl {
  using client = boost::asio::ssl::stream<stream>;
  using server = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;

  static client join(stream end) {
    static auto context = [] {
      boost::asio::ssl::context made{boost::asio::ssl::context::tls_client};
      made.load_verify_file(certificates::here().ca_file);
      made.set_verify_mode(boost::asio::ssl::verify_peer);
      return made;
    }();
    return {std::move(end), context};
  }
  static server serve(boost::asio::ip::tcp::socket end) {
    static auto context = [] {
      auto const& [certificate_file, key_file] = certificates::here().good;
      boost::asio::ssl::context made{boost::asio::ssl::context::tls_server};
      made.use_certificate_chain_file(certificate_file);
      made.use_private_key_file(key_file, boost::asio::ssl::context::pem);
      return made;
    }();
    return {std::move(end), context};
  }
  static void greet(client& near, server& far) {
    std::jthread const answers{[&] { far.handshake(boost::asio::ssl::stream_base::server); }};
    near.handshake(boost::asio::ssl::stream_base::client);
  }
};

/// Trivium's TLS in its place.
struct trivium_tls {
  using client = tls_stream;
  using server = asio_ssl::server;

  static client join(stream end) {
    auto executor = end.get_executor();
    return {tls_session{end.release(), trusting(), "localhost"}, std::move(executor)};
  }
  static server serve(boost::asio::ip::tcp::socket end) { return asio_ssl::serve(std::move(end)); }
  static void greet(client& near, server& far) {
    std::jthread const answers{[&] { far.handshake(boost::asio::ssl::stream_base::server); }};
    if (auto const shaken = blocking::handshake(near); shaken.error)
      throw boost::system::system_error{shaken.error};
  }
};

using layers = std::tuple<plain, asio_ssl, trivium_tls>;

/// Two ends over `Layer`, which have greeted each other.
template <class Layer>
struct connected {
  connected() { Layer::greet(near, far); }

  /// What has the mode: the trivium::stream under the near end, or the tls_stream that it is.
  auto& under() {
    if constexpr (requires { near.lowest_layer(); })
      return near.lowest_layer();
    else
      return near;
  }

  boost::asio::io_context io;
  std::pair<socket, socket> ends = tcp_pair();
  typename Layer::client near = Layer::join(stream{std::move(ends.first), io.get_executor()});
  typename Layer::server far =
      Layer::serve(boost::asio::ip::tcp::socket{io, boost::asio::ip::tcp::v4(), ends.second.release()});
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

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;
