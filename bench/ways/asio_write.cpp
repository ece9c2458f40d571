// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Boost.Asio's synchronous operations, as its documentation shows them. The context is never run: a socket
// that belongs to a running one would be woken for nothing.
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/completion_condition.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <trivium/stream.hpp>

#include "arm.hpp"
#include "asio_outcome.hpp"
#include "in_turn.hpp"

namespace trivium::bench {

namespace {

namespace asio = boost::asio;

using transfer_all = decltype(asio::transfer_all());  // Asio's default

struct on_socket : asio::ip::tcp::socket {
  on_socket(int socket, asio::io_context& on) : asio::ip::tcp::socket{on, asio::ip::tcp::v4(), socket} {}
};
struct on_stream : trivium::stream {
  on_stream(int socket, asio::io_context& on) : trivium::stream{trivium::socket{socket}, on.get_executor()} {}
};

template <class Stream, class Condition>
class operations {
 public:
  explicit operations(int socket) : stream_{socket, never_run_} {}

  outcome send(std::span<std::byte> bytes) {
    boost::system::error_code error;
    auto const n = asio::write(stream_, asio::buffer(bytes.data(), bytes.size()), Condition{}, error);
    return asio_outcome(error, n);
  }

  outcome receive(std::span<std::byte> bytes) {
    boost::system::error_code error;
    auto const n = asio::read(stream_, asio::buffer(bytes.data(), bytes.size()), Condition{}, error);
    return asio_outcome(error, n);
  }

  outcome receive_some(std::span<std::byte> bytes) {
    boost::system::error_code error;
    auto const n = stream_.read_some(asio::buffer(bytes.data(), bytes.size()), error);
    return asio_outcome(error, n);
  }

 private:
  asio::io_context never_run_{1};
  Stream stream_;
};

template <class Stream, class Condition>
class asio_write final : public way {
 public:
  void run(std::span<lane const> lanes, tally& kept) override {
    auto const& connection = only_connection(lanes);
    other_work others(lanes, kept);
    operations<Stream, Condition> does(connection.socket);
    in_turn(*connection.what, others, does);
  }
};

}  // namespace

std::span<arm const> asio_write_arms() {
  static constexpr auto arms = std::array{
      arm{"asio.write", "boost::asio::write and read: Boost.Asio's own blocking loop, 64 KiB a call",
          [] { return std::unique_ptr<way>(std::make_unique<asio_write<on_socket, transfer_all>>()); }},
      arm{"asio.write.stream", "the same over a trivium::stream, which has a timeout and a stop to offer",
          [] { return std::unique_ptr<way>(std::make_unique<asio_write<on_stream, transfer_all>>()); }},
      arm{"asio.write.uncapped", "the same with a completion condition that lifts the 64 KiB",
          [] { return std::unique_ptr<way>(std::make_unique<asio_write<on_socket, uncapped>>()); }},
  };
  return arms;
}

}  // namespace trivium::bench
